#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

// Names of files as Secor gives them, below a prefix:
//   <topic>/<partition>/…/<generation>_<Kafka partition>_<first offset, 20 digits><extension>
// such as "some_topic/dt=2026-01-05/10_0_00000000000000000100.gz". A file of several Kafka
// partitions has "<first>-<last>" in place of the partition and a hash in place of the offset.
namespace weir::connectors {

struct SecorPath {
  std::string topic{};
  std::vector<std::string> partitions{};  // "dt=2026-01-05", "hr=07"
  std::int64_t generation = 0;
  std::int64_t kafka_partition = 0;
  std::optional<std::int64_t> last_kafka_partition{};  // of a file of several
  std::int64_t first_offset = 0;                       // of a file of one
  std::string hash{};                                  // of a file of several
  std::string extension{};                             // ".gz", or empty

  std::string ToText() const;
  friend bool operator==(const SecorPath&, const SecorPath&) = default;
};

// Parses what stands below the prefix. Throws UserError with the path and what is allowed.
SecorPath ParseSecorPath(std::string_view path);

enum class SecorDepth : std::uint8_t { kDay, kHour, kMinute };

// Of a folder of that depth: a day, an hour or a minute.
Micros SecorLength(SecorDepth depth);

// The name of the empty object that says of its folder that nothing more comes to it.
constexpr std::string_view kSecorMark = "_SUCCESS";
// How many folders before the newest one the finaliser still looks at.
constexpr int kSecorPeriodsBack = 10;

// "dt=2026-01-05", "hr=07", "min=09" (UTC), as deep as asked.
std::vector<std::string> SecorPartitions(Micros time, SecorDepth depth);

// Until when the files of one topic hold all of its events, by the rule of Secor's finaliser
// (formats.md §1), which marks folders with `_SUCCESS`, the oldest first: the end of the newest
// folder that has it, but no further than the start of one without it that has files and lies at
// most ten periods before. Where no folder has it, the start of the oldest. Absent where there is
// no folder of a period. `paths` are those of all files below the topic's folder, in any order.
std::optional<Micros> SecorCompleteUntil(const std::vector<std::string>& paths);

}  // namespace weir::connectors
