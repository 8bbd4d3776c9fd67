#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

namespace weir::jobs {

// Waits, or less after a stop. Tests put another in its place.
using Sleep = std::function<void(std::chrono::milliseconds, std::stop_token)>;
void SleepUnlessStopped(std::chrono::milliseconds time, std::stop_token stop);

struct RetryPolicy {
  int retries = 2;
  Sleep sleep = SleepUnlessStopped;
  std::function<void(const std::string& line)> log;  // of each failure that is tried again
};

// Before retry 1, 2 …: 1 s, 4 s, 16 s, then 60 s each. The same every time.
std::chrono::milliseconds DelayBefore(int retry);

// Calls `work` until it doesn't throw ExternalError, at most `retries` times more; throws the last
// one. Returns how many retries it took. A stop while it waits is a CancelledError.
int WithRetries(const RetryPolicy& policy, const std::stop_token& stop,
                const std::function<void()>& work);

}  // namespace weir::jobs
