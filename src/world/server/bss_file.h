#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the emulated Batch Segment Service reads: written from its rules, without any of the code
// that writes such files.
namespace weir::world {

struct ReadSegment {
  std::int64_t id = 0;
  std::string code{};
  std::int64_t member_id = 0;
  std::int64_t expiration = 0;
  std::int64_t timestamp = 0;
  std::int64_t value = 0;
};

// One user with segments; or what is wrong with the line, or record.
struct ReadUser {
  std::string uid;  // the number, or "id^domain"
  std::vector<ReadSegment> segments;
  std::string fault;           // empty: none
  bool is_user_fault = false;  // it is the user's id that is wrong, not the format
};

// How text files of a member look.
struct TextRules {
  std::vector<std::string> fields{"SEG_ID", "EXPIRATION", "VALUE", "TIMESTAMP"};
  std::string separators = ",;:#^";
};

using UserSink = std::function<void(const ReadUser&)>;

// Reads gzip text, or Avro, whichever it is. Returns why the file as a whole can't be read.
std::optional<std::string> ReadBssFile(const std::string& bytes, const TextRules& rules,
                                       const UserSink& sink);

// One line without its end.
ReadUser ReadBssLine(std::string_view line, const TextRules& rules);

}  // namespace weir::world
