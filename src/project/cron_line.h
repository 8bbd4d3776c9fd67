#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "project/schedule_line.h"

namespace weir::project {

// What is wrong with a cron line of five fields (minute, hour, day of month, month, day of week),
// each '*', numbers, names (mon, jan), ranges, steps and lists of these; nothing if it is right.
std::optional<std::string> CronMistake(const std::string& line);

// How often a right cron line fires at most.
enum class CronPace : std::uint8_t { kOnceADay, kOnceAnHour, kFaster };
CronPace PaceOf(const std::string& line);

// Whether it fires whenever clocks show such an hour ('*', '*/2'), so twice where they go back.
bool FollowsTheHours(const std::string& line);

// Whether jobs of the schedule have an hour, {hour}: they run several times a day.
bool HasHour(const ScheduleLine& schedule);

}  // namespace weir::project
