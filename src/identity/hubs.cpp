#include "identity/hubs.h"

#include <algorithm>
#include <mutex>

namespace weir::identity {
namespace {

constexpr unsigned kPartyBits = 16;

// Ids and parties of neighbours as one number, sorted: a run of equal ones is a count.
class NeighbourKeys {
 public:
  NeighbourKeys(const Graph& graph, std::span<const IdFacts> facts, std::uint32_t more_than)
      : graph_(graph), facts_(facts), more_than_(more_than) {}

  std::vector<std::uint64_t> Collect(int threads) const {
    std::vector<std::uint64_t> all;
    std::mutex mutex;
    ForStretches(graph_.edges.size(), threads, [&](std::size_t begin, std::size_t end) {
      std::vector<std::uint64_t> keys;
      for (std::size_t i = begin; i < end; ++i) {
        __builtin_prefetch(&facts_[graph_.edges[std::min(i + kPrefetchAhead, end - 1)].b]);
        const Edge& edge = graph_.edges[i];
        Add(edge.a, edge.b, keys);
        Add(edge.b, edge.a, keys);
      }
      const std::lock_guard lock(mutex);
      all.insert(all.end(), keys.begin(), keys.end());
    });
    std::ranges::sort(all);
    return all;
  }

 private:
  void Add(IdNumber id, IdNumber neighbour, std::vector<std::uint64_t>& keys) const {
    if (facts_[id].edges <= more_than_ || graph_.IsOutside(id)) {
      return;
    }
    const PartyCode party = graph_.ids.PartyOf(neighbour);
    if (party != graph_.ids.PartyOf(id)) {
      keys.push_back(std::uint64_t{id} << kPartyBits | party);
    }
  }

  const Graph& graph_;
  std::span<const IdFacts> facts_;
  std::uint32_t more_than_;
};

bool HasMore(const Hub& left, const Hub& right, const IdDictionary& ids) {
  return left.neighbours == right.neighbours
             ? ids.PartyName(left.party) < ids.PartyName(right.party)
             : left.neighbours > right.neighbours;
}

}  // namespace

std::vector<Hub> FindHubs(const Graph& graph, std::span<const IdFacts> facts,
                          std::uint32_t max_neighbours, int threads) {
  const std::vector<std::uint64_t> keys =
      NeighbourKeys(graph, facts, max_neighbours).Collect(threads);
  std::vector<Hub> hubs;
  for (std::size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
    while (end < keys.size() && keys[end] == keys[begin]) {
      ++end;
    }
    const Hub found{.id = static_cast<IdNumber>(keys[begin] >> kPartyBits),
                    .party = static_cast<PartyCode>(keys[begin] & 0xFFFFU),
                    .neighbours = static_cast<std::uint32_t>(end - begin)};
    if (found.neighbours <= max_neighbours) {
      continue;
    }
    if (hubs.empty() || hubs.back().id != found.id) {
      hubs.push_back(found);
    } else if (HasMore(found, hubs.back(), graph.ids)) {
      hubs.back() = found;
    }
  }
  return hubs;
}

}  // namespace weir::identity
