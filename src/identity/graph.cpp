#include "identity/graph.h"

#include <atomic>
#include <functional>

namespace weir::identity {
namespace {

template <typename Value, typename Better>
void KeepBetter(Value& kept, Value value, Better better) {
  std::atomic_ref slot(kept);
  Value now = slot.load(std::memory_order_relaxed);
  while (better(value, now) && !slot.compare_exchange_weak(now, value, std::memory_order_relaxed)) {
  }
}

void AddTo(IdFacts& facts, const IdFacts& some) {
  KeepBetter(facts.first_seen, some.first_seen, std::less<>());
  KeepBetter(facts.last_seen, some.last_seen, std::greater<>());
  std::atomic_ref(facts.calls).fetch_add(some.calls, std::memory_order_relaxed);
  std::atomic_ref(facts.edges).fetch_add(some.edges, std::memory_order_relaxed);
}

IdFacts FactsOf(const Edge& edge) {
  return {
      .first_seen = edge.first_seen, .last_seen = edge.last_seen, .calls = edge.calls, .edges = 1};
}

void Extend(IdFacts& facts, const Edge& edge) {
  facts.first_seen = std::min(facts.first_seen, edge.first_seen);
  facts.last_seen = std::max(facts.last_seen, edge.last_seen);
  facts.calls += edge.calls;
  ++facts.edges;
}

// Edges of one first id mostly follow each other (sightings.h): they are added up first.
void GatherStretch(std::span<const Edge> edges, HugeVector<IdFacts>& facts) {
  if (edges.empty()) {
    return;
  }
  IdNumber first = edges.front().a;
  IdFacts of_first;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    __builtin_prefetch(&facts[edges[std::min(i + kPrefetchAhead, edges.size() - 1)].b], 1);
    const Edge& edge = edges[i];
    if (edge.a != first) {
      AddTo(facts[first], of_first);
      first = edge.a;
      of_first = {};
    }
    Extend(of_first, edge);
    if (edge.b != edge.a) {
      AddTo(facts[edge.b], FactsOf(edge));
    }
  }
  AddTo(facts[first], of_first);
}

}  // namespace

HugeVector<IdFacts> GatherFacts(const Graph& graph, int threads) {
  HugeVector<IdFacts> facts(graph.ids.num_slots());
  ForStretches(graph.edges.size(), threads, [&](std::size_t begin, std::size_t end) {
    GatherStretch(std::span(graph.edges).subspan(begin, end - begin), facts);
  });
  return facts;
}

bool IsOlder(const IdDictionary& ids, std::span<const IdFacts> facts, IdNumber left,
             IdNumber right) {
  return facts[left].first_seen == facts[right].first_seen
             ? ids.Precedes(left, right)
             : facts[left].first_seen < facts[right].first_seen;
}

}  // namespace weir::identity
