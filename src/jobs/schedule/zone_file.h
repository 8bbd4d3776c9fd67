#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jobs {

// From `time` on (seconds since 1970, UTC) clocks are `offset` seconds ahead of UTC.
struct OffsetChange {
  std::int64_t time = 0;
  std::int64_t offset = 0;

  friend bool operator==(const OffsetChange&, const OffsetChange&) = default;
};

// The changes that a TZif file (RFC 8536) tells, in order; the first one counts for all time before
// it, too. Its rule for the future (a POSIX TZ text) is laid out until `last_year`. Throws
// UserError naming `name` for bytes that are no such file.
std::vector<OffsetChange> ParseZoneFile(std::string_view bytes, const std::string& name,
                                        int last_year);

// The changes of a POSIX TZ text ("CET-1CEST,M3.5.0,M10.5.0/3") in [first_year, last_year]; one, at
// the first year's start, of a text without summer time.
std::vector<OffsetChange> ExpandZoneRule(std::string_view rule, int first_year, int last_year);

}  // namespace weir::jobs
