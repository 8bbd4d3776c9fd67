#include "identity/increment.h"

#include <algorithm>
#include <iterator>

#include "identity/sightings.h"

namespace weir::identity {
namespace {

std::vector<IdNumber> HubsOf(const Graph& graph, const Parameters& parameters, int threads) {
  std::vector<IdNumber> ids;
  for (const Hub& hub :
       FindHubs(graph, GatherFacts(graph, threads), parameters.max_neighbours, threads)) {
    ids.push_back(hub.id);
  }
  return ids;
}

}  // namespace

Increment::Increment(Parameters parameters, DayOptions options)
    : parameters_(std::move(parameters)), options_(options) {}

void Increment::AddToday(std::span<const NamedEdge> pairs) {
  AddEdges(pairs, options_.threads, ids_, today_);
}

std::vector<IdNumber> Increment::TodaysIds() const {
  std::vector<IdNumber> ids;
  for (const Edge& edge : today_) {
    ids.insert(ids.end(), {edge.a, edge.b});
  }
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  return ids;
}

const std::vector<Hash128>& Increment::Fresh() {
  FollowCuts();
  return fresh_;
}

void Increment::Look(std::span<const StateEdge> edges) {
  for (const StateEdge& edge : edges) {
    const bool is_gone = IsExpired(edge.edge) || HasErased(edge.edge);
    if (is_gone || ids_.Find(edge.edge.a)) {
      Touch(edge.person_a);
    }
    if (is_gone || ids_.Find(edge.edge.b)) {
      Touch(edge.person_b);
    }
    if (edge.mark == Mark::kCut) {
      cut_links_.emplace_back(edge.person_a, edge.person_b);
      cut_links_.emplace_back(edge.person_b, edge.person_a);
    }
  }
}

void Increment::Take(std::span<const StateEdge> edges) {
  FollowCuts();
  std::vector<StateEdge> chosen;
  std::ranges::copy_if(edges, std::back_inserter(chosen), [&](const StateEdge& edge) {
    return (touched_.Holds(edge.person_a) || touched_.Holds(edge.person_b)) &&
           !taken_persons_.Holds(edge.person_a) && !taken_persons_.Holds(edge.person_b);
  });
  RememberPersons(chosen);
}

bool Increment::NeedsMore() {
  FollowCuts();
  for (const Hash128& person : fresh_) {
    taken_persons_.Add(person);
  }
  fresh_.clear();
  followed_ = 0;
  before_.resize(ids_.num_slots());
  const Edges live = LiveEdges();
  TouchNeighbours(FlippedHubs(live), live);
  FollowCuts();
  return !fresh_.empty();
}

DayResult Increment::Finish() {
  before_.resize(ids_.num_slots());
  DayResult result;
  result.given_names = parameters_.given_names;
  result.edges = LiveEdges();
  result.outside = Outside();
  std::vector<std::uint8_t> erased(is_erased_ ? ids_.num_slots() : 0);
  for (std::size_t i = 0; i < taken_.size() && is_erased_; ++i) {
    for (const IdNumber id : {taken_[i].a, taken_[i].b}) {
      TextRoom room;
      erased[id] = is_gone_[i] != 0 && is_erased_(ids_.NameOf(id, room)) ? 1 : erased[id];
    }
  }
  result.ids = std::move(ids_);
  result.before = std::move(before_);
  result.people = FindPeople({.ids = result.ids, .edges = result.edges, .outside = result.outside},
                             parameters_, options_.threads);
  if (options_.with_changes) {
    result.changes = ChangesOf(result, erased);
  }
  return result;
}

bool Increment::IsExpired(const NamedEdge& edge) {
  for (std::size_t party = expiry_.size(); party < ids_.num_parties(); ++party) {
    expiry_.push_back(parameters_.ExpiryOf(ids_.PartyName(static_cast<PartyCode>(party))));
  }
  return options_.day - DayOf(edge.last_seen) >
         std::min(expiry_[edge.a.party], expiry_[edge.b.party]);
}

bool Increment::HasErased(const NamedEdge& edge) const {
  return is_erased_ && (is_erased_(edge.a) || is_erased_(edge.b));
}

void Increment::Touch(const Hash128& person) {
  if (touched_.Add(person)) {
    fresh_.push_back(person);
  }
}

void Increment::FollowCuts() {
  if (followed_ < fresh_.size() && !std::ranges::is_sorted(cut_links_)) {
    std::ranges::sort(cut_links_);
  }
  for (; followed_ < fresh_.size(); ++followed_) {
    const auto links = std::ranges::equal_range(cut_links_, fresh_[followed_], {},
                                                &std::pair<Hash128, Hash128>::first);
    for (const auto& [from, into] : links) {
      Touch(into);
    }
  }
}

void Increment::RememberPersons(std::span<const StateEdge> edges) {
  std::vector<NamedEdge> named;
  std::ranges::transform(edges, std::back_inserter(named), &StateEdge::edge);
  const std::size_t first = taken_.size();
  AddEdges(named, options_.threads, ids_, taken_);
  before_.resize(ids_.num_slots());
  for (std::size_t i = 0; i < edges.size(); ++i) {
    before_[taken_[first + i].a] = edges[i].person_a;
    before_[taken_[first + i].b] = edges[i].person_b;
    is_gone_.push_back(HasErased(named[i]) ? 1 : 0);
  }
}

std::vector<std::uint8_t> Increment::Outside() const {
  std::vector<std::uint8_t> outside(before_.size());
  for (std::size_t id = 0; id < before_.size(); ++id) {
    outside[id] = before_[id] && !touched_.Holds(*before_[id]) ? 1 : 0;
  }
  return outside;
}

Edges Increment::LiveEdges() const {
  Edges rows = today_;
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (is_gone_[i] == 0) {
      rows.push_back(taken_[i]);
    }
  }
  std::vector<Edges> blocks;
  blocks.push_back(std::move(rows));
  return Sightings(std::move(blocks), ids_, parameters_, options_.threads).TakeLiveOn(options_.day);
}

std::vector<IdNumber> Increment::FlippedHubs(std::span<const Edge> live) const {
  const std::vector<std::uint8_t> outside = Outside();
  const auto hubs = [&](std::span<const Edge> edges) {
    return HubsOf({.ids = ids_, .edges = edges, .outside = outside}, parameters_, options_.threads);
  };
  std::vector<IdNumber> flipped;
  std::ranges::set_symmetric_difference(hubs(taken_), hubs(live), std::back_inserter(flipped));
  return flipped;
}

void Increment::TouchNeighbours(const std::vector<IdNumber>& hubs, std::span<const Edge> edges) {
  if (hubs.empty()) {
    return;
  }
  for (const Edge& edge : edges) {
    for (const auto& [id, neighbour] : {std::pair(edge.a, edge.b), std::pair(edge.b, edge.a)}) {
      if (std::ranges::binary_search(hubs, id) && before_[neighbour]) {
        Touch(*before_[neighbour]);
      }
    }
  }
}

}  // namespace weir::identity
