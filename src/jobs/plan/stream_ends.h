#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "jobs/plan/facts.h"

namespace weir::jobs {

// What streams whose input goes on for ever had before them when the work began: more is left to
// the next time, or the work would have no end. A stream that others of the work feed ends behind
// what these bring: its end is taken down once they have nothing left to read.
class StreamEnds {
 public:
  // Takes away from facts that were just gathered what is left to the next time, and what was to be
  // sent and has been tried. `working`: the instances that the work runs.
  void Limit(const std::set<std::size_t>& working, PlanFacts& facts);

 private:
  void LimitOne(std::size_t instance, const PlanFacts& facts, SourceFacts& source);

  bool is_first_ = true;
  std::map<std::pair<std::size_t, std::string>, std::int64_t> ends_;
  std::map<std::size_t, Micros> complete_until_;
  std::map<std::size_t, Micros> fed_until_;
};

}  // namespace weir::jobs
