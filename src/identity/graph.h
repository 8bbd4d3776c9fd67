#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/huge_pages.h"
#include "base/parallel.h"
#include "identity/edge.h"

namespace weir::identity {

// The live edges of a day, each pair once. The ids of `outside` (by number; empty: none) are known
// by some of their edges only: such an edge is marked `hub`, since its other end is one.
struct Graph {
  const IdDictionary& ids;
  std::span<const Edge> edges;
  std::span<const std::uint8_t> outside{};

  bool IsOutside(IdNumber id) const { return !outside.empty() && outside[id] != 0; }
};

// An id's evidence: the least first and greatest last time, and the calls, over all its live edges.
struct IdFacts {
  Micros first_seen = std::numeric_limits<Micros>::max();
  Micros last_seen = std::numeric_limits<Micros>::min();
  std::int64_t calls = 0;
  std::uint32_t edges = 0;  // 0: the id isn't in the graph
};

// By number.
HugeVector<IdFacts> GatherFacts(const Graph& graph, int threads);

// Whether one id is older than another: by (first_seen, party, id).
bool IsOlder(const IdDictionary& ids, std::span<const IdFacts> facts, IdNumber left,
             IdNumber right);

// Ids or edges between the prefetch of what belongs to one and its use: more than a cache miss
// takes, less than the first-level cache holds.
inline constexpr std::size_t kPrefetchAhead = 16;

// Calls `work(begin, end)` for stretches of [0, size), on several threads.
template <typename Work>
void ForStretches(std::size_t size, int threads, const Work& work) {
  constexpr std::size_t kStretch = std::size_t{1} << 16;
  ParallelFor((size + kStretch - 1) / kStretch, threads, [&](std::size_t part) {
    work(part * kStretch, std::min(size, (part + 1) * kStretch));
  });
}

}  // namespace weir::identity
