#include "jobs/steps/time_limit.h"

#include <utility>

#include <fmt/format.h>

namespace weir::jobs {

TimeLimit::TimeLimit(std::stop_token outer, std::optional<std::chrono::microseconds> limit)
    : outer_(std::move(outer), [this] { source_.request_stop(); }) {
  if (!limit) {
    return;
  }
  timer_ = std::jthread([this, duration = *limit](const std::stop_token& ended) {
    std::unique_lock lock(mutex_);
    never_.wait_for(lock, ended, duration, [] { return false; });
    if (!ended.stop_requested() && !source_.stop_requested()) {
      passed_ = true;
      source_.request_stop();
    }
  });
}

std::string DurationText(std::chrono::microseconds duration) {
  using std::chrono::hours;
  using std::chrono::milliseconds;
  using std::chrono::minutes;
  using std::chrono::seconds;
  if (duration % hours(1) == duration.zero()) {
    return fmt::format("{} h", duration / hours(1));
  }
  if (duration % minutes(1) == duration.zero()) {
    return fmt::format("{} min", duration / minutes(1));
  }
  if (duration % seconds(1) == duration.zero()) {
    return fmt::format("{} s", duration / seconds(1));
  }
  return fmt::format("{} ms", duration / milliseconds(1));
}

}  // namespace weir::jobs
