#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace weir::connectors {

// A token bucket for each client: `per_second` requests, and twice as many at once. Memory doesn't
// grow with clients: two whose hashes meet share a bucket. Thread-safe.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  // 0: no limit.
  explicit RateLimit(double per_second);

  // Whether a request may pass now. Calls come with times that don't go back by much.
  bool Allows(std::string_view client, Clock::time_point now);

 private:
  struct Bucket {
    Clock::time_point filled_at{};
    double tokens = 0;
  };

  static constexpr std::size_t kBuckets = std::size_t{1} << 16U;
  static constexpr std::size_t kLocks = 64;

  const double per_second_;
  std::vector<Bucket> buckets_;
  std::array<std::mutex, kLocks> locks_;
};

}  // namespace weir::connectors
