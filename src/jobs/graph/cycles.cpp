#include "jobs/graph/cycles.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <queue>

namespace weir::jobs {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

std::vector<std::size_t> WayTo(std::size_t node, const std::vector<std::size_t>& before,
                               std::size_t start) {
  std::vector<std::size_t> way = {node};
  while (way.back() != start) {
    way.push_back(before[way.back()]);
  }
  std::ranges::reverse(way);
  return way;
}

// The shortest way from `start` back to it, without the last step; empty if there is none. At a
// cost of all edges.
std::vector<std::size_t> ShortestCycle(const Edges& edges, std::size_t start) {
  std::vector<std::size_t> before(edges.size(), kNone);
  std::deque<std::size_t> waiting = {start};
  while (!waiting.empty()) {
    const std::size_t node = waiting.front();
    waiting.pop_front();
    for (const std::size_t next : edges[node]) {
      if (next == start) {
        return WayTo(node, before, start);
      }
      if (before[next] == kNone) {
        before[next] = node;
        waiting.push_back(next);
      }
    }
  }
  return {};
}

// What can be reached from a node.
std::vector<bool> Reachable(const Edges& edges, std::size_t start) {
  std::vector<bool> reached(edges.size(), false);
  std::vector<std::size_t> waiting = {start};
  while (!waiting.empty()) {
    const std::size_t node = waiting.back();
    waiting.pop_back();
    for (const std::size_t next : edges[node]) {
      if (!reached[next]) {
        reached[next] = true;
        waiting.push_back(next);
      }
    }
  }
  return reached;
}

Edges Reversed(const Edges& edges) {
  Edges reversed(edges.size());
  for (std::size_t node = 0; node < edges.size(); ++node) {
    for (const std::size_t next : edges[node]) {
      reversed[next].push_back(node);
    }
  }
  return reversed;
}

}  // namespace

std::vector<std::size_t> TopologicalOrder(const Edges& edges) {
  std::vector<std::size_t> waits_for(edges.size(), 0);
  for (const auto& next : edges) {
    for (const std::size_t node : next) {
      ++waits_for[node];
    }
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t node = 0; node < edges.size(); ++node) {
    if (waits_for[node] == 0) {
      ready.push(node);
    }
  }
  std::vector<std::size_t> order;
  while (!ready.empty()) {
    const std::size_t node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const std::size_t next : edges[node]) {
      if (--waits_for[next] == 0) {
        ready.push(next);
      }
    }
  }
  return order;
}

std::vector<std::vector<std::size_t>> FindCycles(const Edges& edges) {
  const Edges reversed = Reversed(edges);
  std::vector<bool> ordered(edges.size(), false);
  for (const std::size_t node : TopologicalOrder(edges)) {
    ordered[node] = true;
  }
  std::vector<bool> told(edges.size(), false);
  std::vector<std::vector<std::size_t>> cycles;
  for (std::size_t node = 0; node < edges.size(); ++node) {
    if (ordered[node] || told[node]) {
      continue;
    }
    auto cycle = ShortestCycle(edges, node);
    if (cycle.empty()) {
      continue;
    }
    cycles.push_back(std::move(cycle));
    const std::vector<bool> after = Reachable(edges, node);
    const std::vector<bool> ahead = Reachable(reversed, node);
    for (std::size_t other = 0; other < edges.size(); ++other) {
      told[other] = told[other] || (after[other] && ahead[other]);
    }
  }
  return cycles;
}

}  // namespace weir::jobs
