#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace weir::jobs {

// What clocks show in a place, now, then and to come: an IANA time zone, read from the system's
// compiled files (TZif, RFC 8536; ZONEINFO's folder is TZDIR or /usr/share/zoneinfo). Rules that go
// on for ever are laid out until 2500; later the offset stays as it is. Local times are Micros,
// too: what a clock shows, as if it were UTC. Immutable and thread-safe.
class TimeZone {
 public:
  // Throws UserError for a name that the system doesn't know.
  explicit TimeZone(const std::string& name);

  Micros LocalOf(Micros utc) const;
  // The first instant at which clocks show `local` or later: of a time that is shown twice the
  // first, of one that is skipped the moment of the change.
  Micros FirstInstantOf(Micros local) const;

  // A time [start, end) without a change; the first and the last one reach far beyond all dates.
  struct Span {
    Micros start = 0;
    Micros end = 0;
    Micros offset = 0;  // east of UTC
  };
  const Span& SpanAt(Micros utc) const;

 private:
  std::vector<Span> spans_;  // without gaps, neighbours of different offsets
};

}  // namespace weir::jobs
