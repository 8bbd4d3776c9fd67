#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "project/job.h"

namespace weir::project {

// Reads "90 s", "15 min", "2 hours", "1 day", "3 weeks". Absent for anything else, and for more
// than 10,000 years.
std::optional<Duration> ParseDuration(std::string_view text);

// The units that may stand in one, for messages.
std::string DurationHelp();

}  // namespace weir::project
