#include "jobs/plan/stream_ends.h"

#include <algorithm>
#include <utility>
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
  struct Stream {
    std::size_t number = 0;
    SourceFacts* source = nullptr;
  };
  std::vector<Stream> streams;
  for (std::size_t i = 0; i < facts.sources.size(); ++i) {
    if (auto& source = facts.sources[i]; source) {
      streams.push_back({.number = i, .source = &*source});
    }
  }
  std::ranges::sort(streams, {}, [](const Stream& stream) {  // those that feed others come first
    return std::pair(stream.source->fed_by.size(), stream.number);
  });
  for (const Stream& stream : streams) {
    const bool waits = std::ranges::any_of(stream.source->fed_by, [&](std::size_t feeder) {
      return working.contains(feeder) && Feeds(facts, feeder, *stream.source);
    });
    if (!waits) {
      LimitOne(stream.number, facts, *stream.source);
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
