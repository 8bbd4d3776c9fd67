#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// The lines of segment folders, read one after the other without SQL: hundreds of millions of them
// go to a destination at once.
namespace weir::connectors {

// A gzip file of a folder, as its `_SUCCESS` describes it.
struct SegmentPart {
  std::filesystem::path path;
  std::int64_t bytes = 0;  // as stored
  std::int64_t lines = 0;
  std::string sha256;

  friend bool operator==(const SegmentPart&, const SegmentPart&) = default;
};

// What a line says of its user and a segment.
struct SegmentLine {
  std::int64_t segment = 0;
  std::int64_t timestamp = 0;  // seconds since 1970
  std::int64_t minutes = 0;    // from then until it runs out; 0 where nothing is said
  std::int64_t value = 0;
  bool remove = false;
};

// Reads the lines of the parts of one folder, in order; memory stays at a few MB. One thread.
// Throws UserError, naming file, line and field, for a line that isn't one; where a user comes
// after one that it should precede, bytewise; and for a part that isn't what is said of it, at its
// end at the latest. ExternalError for what the file system refuses.
class SegmentLineReader {
 public:
  explicit SegmentLineReader(std::vector<SegmentPart> parts);
  SegmentLineReader(const SegmentLineReader&) = delete;
  SegmentLineReader& operator=(const SegmentLineReader&) = delete;
  ~SegmentLineReader();

  // Goes to the next line; false at the end. Begins before the first.
  bool Next();
  // Of the line at hand, until Next().
  std::string_view user() const { return user_; }
  const SegmentLine& line() const { return line_; }

 private:
  class PartReader;
  // The next line's text, without its end.
  bool NextText(std::string_view& text);
  void CheckOrder(std::string_view user);

  std::vector<SegmentPart> parts_;
  std::size_t next_part_ = 0;
  std::unique_ptr<PartReader> part_;
  std::string previous_user_;  // of the line before, where its bytes are gone
  std::string_view user_;
  SegmentLine line_;
};

// Throws the UserError that a part isn't the file that `_SUCCESS` names.
[[noreturn]] void RefusePart(const std::filesystem::path& path);

}  // namespace weir::connectors
