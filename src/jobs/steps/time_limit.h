#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace weir::jobs {

// A stop token that stops with `outer`, or once a limit has passed. For one piece of work; thread-
// safe.
class TimeLimit {
 public:
  TimeLimit(std::stop_token outer, std::optional<std::chrono::microseconds> limit);
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
  ~TimeLimit() = default;

  std::stop_token token() const { return source_.get_token(); }
  // Whether it was the limit that stopped the work.
  bool has_passed() const { return passed_; }

 private:
  std::stop_source source_;
  std::atomic<bool> passed_ = false;
  std::mutex mutex_;
  std::condition_variable_any never_;
  std::stop_callback<std::function<void()>> outer_;
  std::jthread timer_;  // last: it uses the others
};

// "90 s", "15 min": for messages.
std::string DurationText(std::chrono::microseconds duration);

}  // namespace weir::jobs
