#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::connectors {

// How far a file of a topic has been read, as it stands in run records:
//   "ingested-af/2026-01-05/part-0.ndjson size=812 read=812 lines=3 head=1f0c… version=17… sum=…"
// Texts of earlier versions of weir have no `sum`, and a `version` for Secor's files alone.
struct TopicPosition {
  std::string topic{};
  std::string partition{};  // the path below the topic's folder
  std::int64_t size = 0;    // of the file when it was read, as stored
  std::int64_t read = 0;    // bytes that were taken, after decompression
  std::int64_t lines = 0;   // in these
  bool is_whole = false;    // all that the file held was taken
  std::string version{};    // TopicFile::version
  std::string head{};       // XXH3 of the first bytes as stored, 16 hex digits
  std::string sum{};        // ReadSum::ToText() of what was taken

  std::string ToText() const;
  friend bool operator==(const TopicPosition&, const TopicPosition&) = default;
};

// Absent for what is no such text.
std::optional<TopicPosition> ParseTopicPosition(std::string_view text);

}  // namespace weir::connectors
