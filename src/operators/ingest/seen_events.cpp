#include "operators/ingest/seen_events.h"

#include <utility>

namespace weir::operators {

SeenEvents SeenEventsStore::Take(const std::string& topic, const std::string& origin) {
  const std::lock_guard lock(mutex_);
  SeenEvents seen = std::exchange(kept_[topic], {});
  if (origin.empty() || !seen.origins.contains(origin)) {
    seen = {};
    seen.origins.insert(origin);
  }
  return seen;
}

void SeenEventsStore::Return(const std::string& topic, SeenEvents seen) {
  const std::lock_guard lock(mutex_);
  kept_[topic] = std::move(seen);
}

}  // namespace weir::operators
