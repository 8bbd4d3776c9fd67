#pragma once

#include <optional>
#include <string>

namespace weir::project {

// What is wrong with a cron line of five fields (minute, hour, day of month, month, day of week),
// each '*', numbers, names (mon, jan), ranges, steps and lists of these; nothing if it is right.
std::optional<std::string> CronMistake(const std::string& line);

}  // namespace weir::project
