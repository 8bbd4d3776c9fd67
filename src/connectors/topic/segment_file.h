#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.h"

// Files of a topic that are written line by line, "<day>/<time>-<random>.ndjson". While a file
// grows it is called "<day>/.<time>-<random>.ndjson.open", which readers don't look at, and is
// locked by its writer; it gets its name once it is whole and never changes afterwards.
namespace weir::connectors {

// A file that grows. One thread.
class SegmentFile {
 public:
  // Makes one in the day's folder below `folder`, durably. Throws ExternalError.
  SegmentFile(const std::filesystem::path& folder, Micros now);
  SegmentFile(const SegmentFile&) = delete;
  SegmentFile& operator=(const SegmentFile&) = delete;
  // What isn't finished is left to FinishLeftOvers().
  ~SegmentFile();

  // Appends; on return the bytes are durable. Throws ExternalError; then none of them is in the
  // file, or, where even that can't be had, IsBroken().
  void Append(std::string_view bytes);
  // Gives it its name, or removes it if it is empty. Throws ExternalError; it may be called again.
  void Finish();

  std::int64_t size() const { return size_; }
  bool IsBroken() const { return is_broken_; }

 private:
  void Write(std::string_view bytes);

  std::filesystem::path open_path_;
  std::filesystem::path path_;
  int file_ = -1;
  std::int64_t size_ = 0;  // durable
  bool is_broken_ = false;
};

// Gives the files their names that writers left which don't live any more, without what stands
// behind their last line feed: no writer has said that it is there. Returns how many. Any number
// of processes at once. Throws ExternalError.
int FinishLeftOvers(const std::filesystem::path& folder);

}  // namespace weir::connectors
