#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>

namespace weir::cli {

// The last line of a terminal, which is drawn again twice a second while other lines pass above it.
// All functions may be called from any thread.
class StatusLine {
 public:
  // `text` gives one line, cut to `width` characters; it is called on the line's own thread and by
  // Print(), one at a time. Both must outlive the line.
  StatusLine(std::ostream& out, std::size_t width, std::function<std::string()> text);
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  ~StatusLine();  // wipes the line

  // Writes whole lines above it.
  void Print(const std::string& lines);

 private:
  void Draw();

  std::ostream& out_;
  std::size_t width_;
  std::function<std::string()> text_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread redraw_;
};

// The columns of the terminal that stderr is; 0 if it is none, or one that can't move its cursor.
std::size_t TerminalWidth();

}  // namespace weir::cli
