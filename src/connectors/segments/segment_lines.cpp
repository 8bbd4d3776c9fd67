#include "connectors/segments/segment_lines.h"

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>

#include <isa-l/igzip_lib.h>

#include "base/error.h"
#include "base/sha256.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStoredAtOnce = 262'144;
constexpr std::size_t kLeastRoom = 262'144;  // for the text of lines, beside the one that is begun
constexpr std::size_t kFields = 6;
constexpr std::array<const char*, kFields> kFieldNames{
    "dsp_user_id", "dsp_segment_id", "action", "ts", "expiration_minutes", "value"};

struct LinePlace {
  const fs::path& path;
  std::int64_t number;
};

[[noreturn]] void RefuseField(const LinePlace& place, std::size_t field, std::string_view found,
                              const char* allowed) {
  throw UserError("{}:{}: {} is '{}'; {} allowed", place.path.string(), place.number,
                  kFieldNames.at(field), found, allowed);
}

std::int64_t WholeNumber(const LinePlace& place, std::size_t field, std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    RefuseField(place, field, text, "whole numbers are");
  }
  return number;
}

std::int64_t NumberOrNothing(const LinePlace& place, std::size_t field, std::string_view text) {
  return text.empty() ? 0 : WholeNumber(place, field, text);
}

std::array<std::string_view, kFields> SplitFields(const LinePlace& place, std::string_view text) {
  std::array<std::string_view, kFields> fields;
  std::size_t field = 0;
  for (;; ++field) {
    const std::size_t end = text.find('\t');
    if (field == kFields || (end == std::string_view::npos && field != kFields - 1)) {
      throw UserError("{}:{}: it has {} fields; {} with tabs between are allowed",
                      place.path.string(), place.number, field == kFields ? "too many" : "too few",
                      kFields);
    }
    fields.at(field) = text.substr(0, end);
    if (end == std::string_view::npos) {
      return fields;
    }
    text.remove_prefix(end + 1);
  }
}

SegmentLine LineOf(const LinePlace& place, const std::array<std::string_view, kFields>& fields) {
  const auto& [user, segment, action, time, minutes, value] = fields;
  if (user.empty()) {
    RefuseField(place, 0, user, "an id is");
  }
  if (action != "add" && action != "remove") {
    RefuseField(place, 2, action, "add and remove are");
  }
  return {.segment = WholeNumber(place, 1, segment),
          .timestamp = WholeNumber(place, 3, time),
          .minutes = NumberOrNothing(place, 4, minutes),
          .value = NumberOrNothing(place, 5, value),
          .remove = action == "remove"};
}

}  // namespace

void RefusePart(const fs::path& path) {
  throw UserError("{}: it was taken, but is not the file that _SUCCESS names", path.string());
}

// The text of one part. What is read of it is digested, so that a part that isn't what it should be
// is told by its digest, whatever else is wrong with it.
class SegmentLineReader::PartReader {
 public:
  explicit PartReader(const SegmentPart& part)
      : part_(part), file_(part.path, std::ios::binary), stored_(kStoredAtOnce, '\0') {
    std::error_code missing;
    const auto bytes = fs::file_size(part.path, missing);
    if (missing || std::cmp_not_equal(bytes, part.bytes)) {
      RefusePart(part.path);
    }
    if (!file_) {
      throw ExternalError("{}: it can't be read", part.path.string());
    }
    isal_inflate_init(&inflate_);
    inflate_.crc_flag = ISAL_GZIP;
  }

  LinePlace place() const { return {.path = part_.path, .number = lines_}; }

  // Whether the text of lines handed out is about to be moved or overwritten by the next Line().
  bool IsAtEndOfText() const {
    return std::memchr(text_.data() + begin_, '\n', end_ - begin_) == nullptr;
  }

  // The next line without its end, until the next call; absent at the end, which is checked.
  std::optional<std::string_view> Line() {
    for (;;) {
      const void* found = std::memchr(text_.data() + begin_, '\n', end_ - begin_);
      if (found != nullptr) {
        const auto stop = static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
        return Take(stop, stop + 1);
      }
      if (!Fill()) {
        break;
      }
    }
    if (begin_ < end_) {
      return Take(end_, end_);  // the last line may lack its end
    }
    CheckDigest();
    if (lines_ != part_.lines) {
      RefusePart(part_.path);
    }
    return std::nullopt;
  }

  // Throws RefusePart() if the part's bytes, of which nothing is read from here on, aren't those
  // that were said.
  void CheckDigest() {
    while (ReadStored() > 0) {
    }
    if (digest_.Finish() != part_.sha256) {
      RefusePart(part_.path);
    }
  }

 private:
  std::string_view Take(std::size_t stop, std::size_t next) {
    std::string_view line(text_.data() + begin_, stop - begin_);
    begin_ = next;
    ++lines_;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    return line;
  }

  std::size_t ReadStored() {
    file_.read(stored_.data(), static_cast<std::streamsize>(stored_.size()));
    const auto count = static_cast<std::size_t>(file_.gcount());
    digest_.Add({stored_.data(), count});
    return count;
  }

  // Adds text behind what is left of it; false at the end of the part.
  bool Fill() {
    std::memmove(text_.data(), text_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (text_.size() < end_ + kLeastRoom) {
      text_.resize(2 * (end_ + kLeastRoom));
    }
    const std::size_t before = end_;
    while (end_ == before) {
      if (inflate_.avail_in == 0 && !FillStored()) {
        return false;
      }
      Inflate();
    }
    return true;
  }

  bool FillStored() {
    inflate_.next_in = reinterpret_cast<std::uint8_t*>(stored_.data());
    inflate_.avail_in = static_cast<std::uint32_t>(ReadStored());
    if (inflate_.avail_in == 0 && inflate_.block_state != ISAL_BLOCK_FINISH) {
      RefuseStored();
    }
    return inflate_.avail_in > 0;
  }

  void Inflate() {
    if (inflate_.block_state == ISAL_BLOCK_FINISH) {
      isal_inflate_reset(&inflate_);  // another member of the same file
      inflate_.crc_flag = ISAL_GZIP;
    }
    inflate_.next_out = reinterpret_cast<std::uint8_t*>(text_.data() + end_);
    inflate_.avail_out = static_cast<std::uint32_t>(text_.size() - end_);
    if (isal_inflate(&inflate_) < 0) {
      RefuseStored();
    }
    end_ = text_.size() - inflate_.avail_out;
  }

  [[noreturn]] void RefuseStored() {
    CheckDigest();
    throw UserError("{}: it isn't a gzip file, or not a whole one", part_.path.string());
  }

  const SegmentPart& part_;
  std::ifstream file_;
  Sha256 digest_;
  inflate_state inflate_{};
  std::string stored_;
  std::string text_;
  std::size_t begin_ = 0;  // of the text that wasn't handed out
  std::size_t end_ = 0;
  std::int64_t lines_ = 0;
};

SegmentLineReader::SegmentLineReader(std::vector<SegmentPart> parts) : parts_(std::move(parts)) {}
SegmentLineReader::~SegmentLineReader() = default;

bool SegmentLineReader::NextText(std::string_view& text) {
  for (;;) {
    if (!part_) {
      if (next_part_ == parts_.size()) {
        return false;
      }
      part_ = std::make_unique<PartReader>(parts_[next_part_]);
      ++next_part_;
    }
    if (user_.data() != previous_user_.data() && part_->IsAtEndOfText()) {
      previous_user_ = user_;
      user_ = previous_user_;
    }
    const auto line = part_->Line();
    if (line) {
      text = *line;
      return true;
    }
    part_.reset();
  }
}

bool SegmentLineReader::Next() {
  std::string_view text;
  if (!NextText(text)) {
    return false;
  }
  try {
    const auto fields = SplitFields(part_->place(), text);
    line_ = LineOf(part_->place(), fields);
    CheckOrder(fields[0]);
    user_ = fields[0];
  } catch (const UserError&) {
    part_->CheckDigest();
    throw;
  }
  return true;
}

void SegmentLineReader::CheckOrder(std::string_view user) {
  if (user < user_) {
    throw UserError("{}:{}: user '{}' comes after '{}'; lines must be sorted by user, bytewise",
                    part_->place().path.string(), part_->place().number, user, user_);
  }
}

}  // namespace weir::connectors
