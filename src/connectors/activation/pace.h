#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "storage/object_store.h"

namespace weir::connectors {

// Waits; throws CancelledError at once after a stop.
void WaitOrStop(std::chrono::milliseconds time, const std::stop_token& stop);

// When requests of a kind were last made, in an object of the journal: so that limits of others
// hold from run to run, and after a crash. One thread; runs of a destination hold its lock.
class Pace {
 public:
  // `store` must outlive this.
  explicit Pace(storage::ObjectStore& store) : store_(store) {}

  // Waits until `interval` has passed since the last call for `what`, and notes this one, durably,
  // before it returns.
  void Keep(const std::string& what, std::chrono::milliseconds interval,
            const std::stop_token& stop);

 private:
  storage::ObjectStore& store_;
};

}  // namespace weir::connectors
