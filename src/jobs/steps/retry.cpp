#include "jobs/steps/retry.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace weir::jobs {

void SleepUnlessStopped(std::chrono::milliseconds time, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, std::move(stop), time, [] { return false; });
}

std::chrono::milliseconds DelayBefore(int retry) {
  std::int64_t seconds = 1;
  for (int step = 1; step < retry && seconds < 60; ++step) {
    seconds *= 4;
  }
  return std::chrono::seconds(std::min<std::int64_t>(seconds, 60));
}

int WithRetries(const RetryPolicy& policy, const std::stop_token& stop,
                const std::function<void()>& work) {
  for (int retry = 0;; ++retry) {
    if (stop.stop_requested()) {
      throw CancelledError();
    }
    try {
      work();
      return retry;
    } catch (const ExternalError& error) {
      if (retry >= policy.retries) {
        throw;
      }
      const auto delay = DelayBefore(retry + 1);
      if (policy.log) {
        policy.log(fmt::format("{}; retry {} of {} in {} s", error.what(), retry + 1,
                               policy.retries, delay / std::chrono::seconds(1)));
      }
      policy.sleep(delay, stop);
    }
  }
}

}  // namespace weir::jobs
