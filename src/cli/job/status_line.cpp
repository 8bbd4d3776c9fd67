#include "cli/job/status_line.h"

#include <chrono>
#include <cstdlib>
#include <stop_token>
#include <string_view>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

namespace weir::cli {
namespace {

constexpr std::string_view kWipe = "\r\x1b[K";  // back to the first column, then clear the line

}  // namespace

StatusLine::StatusLine(std::ostream& out, std::size_t width, std::function<std::string()> text)
    : out_(out),
      width_(width),
      text_(std::move(text)),
      redraw_([this](const std::stop_token& stop) {
        constexpr std::chrono::milliseconds kPause(500);
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
          Draw();
          wake_.wait_for(lock, stop, kPause, [] { return false; });
        }
      }) {}

StatusLine::~StatusLine() {
  redraw_.request_stop();
  redraw_.join();
  out_ << kWipe << std::flush;
}

void StatusLine::Print(const std::string& lines) {
  const std::lock_guard lock(mutex_);
  out_ << kWipe << lines;
  Draw();
}

void StatusLine::Draw() { out_ << kWipe << text_().substr(0, width_) << std::flush; }

std::size_t TerminalWidth() {
  winsize size{};
  const char* const kind = std::getenv("TERM");
  const bool can_move = kind != nullptr && std::string_view(kind) != "dumb";
  const bool is_terminal = isatty(STDERR_FILENO) != 0 && can_move;
  constexpr std::size_t kUsual = 80;
  if (!is_terminal || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) {
    return 0;
  }
  return size.ws_col == 0 ? kUsual : size.ws_col;
}

}  // namespace weir::cli
