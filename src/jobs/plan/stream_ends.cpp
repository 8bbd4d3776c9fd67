#include "jobs/plan/stream_ends.h"

#include <algorithm>
#include <vector>

namespace weir::jobs {
namespace {

// Of streams that feed each other in a ring none waits.
bool Feeds(const PlanFacts& facts, std::size_t stream, const SourceFacts& source) {
  const auto& feeder = facts.sources[stream];
  return feeder && !feeder->new_inputs.empty() && feeder->fed_by.size() < source.fed_by.size();
}

}  // namespace

void StreamEnds::Limit(const std::set<std::size_t>& working, PlanFacts& facts) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < facts.sources.size(); ++i) {
    if (facts.sources[i]) {
      order.push_back(i);
    }
  }
  // Who feeds a stream has fewer that feed it.
  std::ranges::stable_sort(order, {},
                           [&](std::size_t i) { return facts.sources[i]->fed_by.size(); });
  for (const std::size_t i : order) {
    SourceFacts& source = *facts.sources[i];
    const bool waits = std::ranges::any_of(source.fed_by, [&](std::size_t stream) {
      return working.contains(stream) && Feeds(facts, stream, source);
    });
    if (!waits) {
      LimitOne(i, facts, source);
    }
  }
  is_first_ = false;
}

void StreamEnds::LimitOne(std::size_t instance, const PlanFacts& facts, SourceFacts& source) {
  if (!source.fed_by.empty()) {
    source.fed_until = fed_until_.try_emplace(instance, FedUntil(facts, source)).first->second;
  }
  if (source.complete_until) {
    source.complete_until =
        complete_until_.try_emplace(instance, *source.complete_until).first->second;
  }
  std::erase_if(source.new_inputs, [&](const NewInput& input) {
    if (input.unsent) {
      return !is_first_;  // one try
    }
    if (input.end == 0) {
      return false;
    }
    const auto end = ends_.try_emplace({instance, input.identity}, input.end).first;
    return input.next >= end->second;
  });
}

}  // namespace weir::jobs
