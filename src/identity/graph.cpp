#include "identity/graph.h"

#include <atomic>

namespace weir::identity {
namespace {

template <typename Value, typename Better>
void KeepBetter(Value& kept, Value value, Better better) {
  std::atomic_ref slot(kept);
  Value now = slot.load(std::memory_order_relaxed);
  while (better(value, now) && !slot.compare_exchange_weak(now, value, std::memory_order_relaxed)) {
  }
}

void AddEdge(IdFacts& facts, const Edge& edge) {
  KeepBetter(facts.first_seen, edge.first_seen, std::less<>());
  KeepBetter(facts.last_seen, edge.last_seen, std::greater<>());
  std::atomic_ref(facts.calls).fetch_add(edge.calls, std::memory_order_relaxed);
  std::atomic_ref(facts.edges).fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

std::vector<IdFacts> GatherFacts(const Graph& graph, int threads) {
  std::vector<IdFacts> facts(graph.ids.num_slots());
  ForStretches(graph.edges.size(), threads, [&](std::size_t begin, std::size_t end) {
    for (const Edge& edge : graph.edges.subspan(begin, end - begin)) {
      AddEdge(facts[edge.a], edge);
      if (edge.b != edge.a) {
        AddEdge(facts[edge.b], edge);
      }
    }
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
