#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "enrich/duplicates.h"

namespace weir::operators {

// The ids of a topic's events that were seen, kept from one batch to the next. It stands for the
// committed table only: it is used again if the table that is read is what the last batch left.
struct SeenEvents {
  enrich::DuplicateIndex index;
  std::set<std::string> origins;  // of tables that hold just these ids (OperatorContext::Origin)
};

// By topic. Thread-safe; who takes one has it alone, and gives it back when his batch is done.
class SeenEventsStore {
 public:
  // What is kept if `origin` is one of its own, else an empty one.
  SeenEvents Take(const std::string& topic, const std::string& origin);
  void Return(const std::string& topic, SeenEvents seen);

 private:
  std::mutex mutex_;
  std::map<std::string, SeenEvents> kept_;
};

}  // namespace weir::operators
