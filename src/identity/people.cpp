#include "identity/people.h"

#include <atomic>
#include <utility>

#include "identity/components.h"

namespace weir::identity {
namespace {

HugeVector<Mark> MarkHubs(const Graph& graph, const std::vector<Hub>& hubs, int threads) {
  std::vector<std::uint8_t> is_hub(hubs.empty() ? 0 : graph.ids.num_slots());
  for (const Hub& hub : hubs) {
    is_hub[hub.id] = 1;
  }
  const auto bridges = [&](IdNumber id) {
    return (is_hub.empty() || is_hub[id] == 0) && !graph.IsOutside(id);
  };
  HugeVector<Mark> marks(graph.edges.size(), Mark::kLive);
  ForStretches(marks.size(), threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!bridges(graph.edges[i].a) || !bridges(graph.edges[i].b)) {
        marks[i] = Mark::kHub;
      }
    }
  });
  return marks;
}

// By number: the least id of the component.
HugeVector<IdNumber> ComponentsOf(const Graph& graph, const HugeVector<Mark>& marks, int threads) {
  return Components(graph.ids.num_slots(), graph.edges.size(), threads, [&](std::size_t i) {
    const Edge& edge = graph.edges[i];
    return std::pair(edge.a, marks[i] == Mark::kLive ? edge.b : edge.a);
  });
}

class FounderSearch {
 public:
  FounderSearch(const Graph& graph, const HugeVector<IdFacts>& facts)
      : graph_(graph), facts_(facts) {}

  // Turns components by number into founders by number.
  HugeVector<IdNumber> Find(HugeVector<IdNumber> components, int threads) const {
    HugeVector<IdNumber> oldest(components.size(), kNoId);
    ForStretches(components.size(), threads, [&](std::size_t begin, std::size_t end) {
      for (std::size_t id = begin; id < end; ++id) {
        const IdNumber later = components[std::min(id + kPrefetchAhead, end - 1)];
        __builtin_prefetch(&oldest[later], 1);
        __builtin_prefetch(&facts_[later]);
        if (IsInside(static_cast<IdNumber>(id))) {
          KeepOlder(oldest[components[id]], static_cast<IdNumber>(id));
        }
      }
    });
    ForStretches(components.size(), threads, [&](std::size_t begin, std::size_t end) {
      for (std::size_t id = begin; id < end; ++id) {
        __builtin_prefetch(&oldest[components[std::min(id + kPrefetchAhead, end - 1)]]);
        components[id] = IsInside(static_cast<IdNumber>(id)) ? oldest[components[id]] : kNoId;
      }
    });
    return components;
  }

 private:
  bool IsInside(IdNumber id) const { return facts_[id].edges > 0 && !graph_.IsOutside(id); }

  void KeepOlder(IdNumber& kept, IdNumber id) const {
    std::atomic_ref slot(kept);
    IdNumber now = slot.load(std::memory_order_relaxed);
    while ((now == kNoId || IsOlder(graph_.ids, facts_, id, now)) &&
           !slot.compare_exchange_weak(now, id, std::memory_order_relaxed)) {
    }
  }

  const Graph& graph_;
  const HugeVector<IdFacts>& facts_;
};

}  // namespace

People FindPeople(const Graph& graph, const Parameters& parameters, int threads) {
  People people;
  people.facts = GatherFacts(graph, threads);
  people.hubs = FindHubs(graph, people.facts, parameters.max_neighbours, threads);
  people.marks = MarkHubs(graph, people.hubs, threads);
  HugeVector<IdNumber> components = ComponentsOf(graph, people.marks, threads);
  people.cuts =
      CutOversize(graph, people.facts, parameters.max_component, components, people.marks);
  people.founders = FounderSearch(graph, people.facts).Find(std::move(components), threads);
  return people;
}

}  // namespace weir::identity
