#include "connectors/collector/rate_limit.h"

#include <algorithm>

#include "base/hashing.h"

namespace weir::connectors {

RateLimit::RateLimit(double per_second)
    : per_second_(per_second), buckets_(per_second > 0 ? kBuckets : 0) {}

bool RateLimit::Allows(std::string_view client, Clock::time_point now) {
  if (buckets_.empty()) {
    return true;
  }
  const std::size_t index = HashOf(client).low % kBuckets;
  const std::lock_guard lock(locks_[index % kLocks]);
  Bucket& bucket = buckets_[index];
  const double most = std::max(2 * per_second_, 1.0);
  const std::chrono::duration<double> passed = now - bucket.filled_at;
  bucket.tokens = bucket.filled_at == Clock::time_point{}
                      ? most
                      : std::min(most, bucket.tokens + std::max(passed.count(), 0.0) * per_second_);
  bucket.filled_at = std::max(now, bucket.filled_at);
  if (bucket.tokens < 1) {
    return false;
  }
  bucket.tokens -= 1;
  return true;
}

}  // namespace weir::connectors
