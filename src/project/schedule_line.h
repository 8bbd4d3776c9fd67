#pragma once

#include <cstdint>
#include <string>

namespace weir::project {

enum class Cadence : std::uint8_t { kHourly, kDaily, kWeekly, kMonthly, kCron, kManual };

// `schedule` and `time_zone` of a job.
struct ScheduleLine {
  Cadence cadence = Cadence::kDaily;
  std::string cron;               // five fields, of kCron
  std::string time_zone = "UTC";  // an IANA name

  friend bool operator==(const ScheduleLine&, const ScheduleLine&) = default;
};

}  // namespace weir::project
