#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "identity/day_result.h"
#include "identity/person_set.h"

namespace weir::identity {

// An edge of the state after the day before.
struct StateEdge {
  NamedEdge edge{};
  Hash128 person_a{};
  Hash128 person_b{};
  Mark mark = Mark::kLive;
};

// A day's people from the state of the day before, where only people that the day touches are found
// anew: those of both ends of an edge that is new, expired or erased, or was seen again; what they
// were cut from; and those of all neighbours of a hub that is one no more, or that becomes one. All
// others keep their rows. Equal to Rebuild() of the whole evidence (increment_test.cpp).
//
// The state is read in passes and never held: AddToday() for the day's evidence; Look() at the
// state's edges that may touch somebody: those with one of TodaysIds(), expired, erased or cut ones
// (others change nothing); Take() of the edges of Fresh() people (others change nothing), and once
// more while NeedsMore(); Finish(). Memory: that of a rebuild of the touched people, and 17 to 34
// bytes for each of them. Cost: a look-up of two ids an edge looked at in the dictionary of the
// day's ids, then two of persons an edge taken.
class Increment {
 public:
  Increment(Parameters parameters, DayOptions options);

  // For codes of parties.
  IdDictionary& ids() { return ids_; }
  const IdDictionary& ids() const { return ids_; }
  // Edges of an id for which this holds are gone. Before Look().
  void Erase(std::function<bool(const IdName&)> is_erased) { is_erased_ = std::move(is_erased); }

  void AddToday(std::span<const NamedEdge> pairs);
  // Those of the day's evidence, each once.
  std::vector<IdNumber> TodaysIds() const;
  void Look(std::span<const StateEdge> edges);
  // People who are touched and whose edges haven't been taken. Before Take() and after NeedsMore().
  const std::vector<Hash128>& Fresh();
  void Take(std::span<const StateEdge> edges);
  // After the edges were all taken: whether people were found to be touched that weren't known for
  // it, and the edges must be read again.
  bool NeedsMore();
  // Whether the person's rows of the day before are replaced by the result's. Final after
  // NeedsMore() said no.
  bool IsTouched(const Hash128& person) const { return touched_.Holds(person); }
  // All of them.
  std::vector<Hash128> Touched() const { return touched_.All(); }
  // Once.
  DayResult Finish();
  // Of the day's evidence and of the state taken so far: what memory follows from, as it does from
  // a rebuild's rows (RebuildBytes()).
  std::size_t num_rows() const { return today_.size() + taken_.size(); }

 private:
  bool IsExpired(const NamedEdge& edge);
  bool HasErased(const NamedEdge& edge) const;
  void Touch(const Hash128& person);
  // Touches all that the touched people were cut from.
  void FollowCuts();
  void RememberPersons(std::span<const StateEdge> edges);
  std::vector<std::uint8_t> Outside() const;
  Edges LiveEdges() const;
  // Ids that are hubs after the day or were before it, not both.
  std::vector<IdNumber> FlippedHubs(std::span<const Edge> live) const;
  void TouchNeighbours(const std::vector<IdNumber>& hubs, std::span<const Edge> edges);

  Parameters parameters_;
  DayOptions options_;
  std::function<bool(const IdName&)> is_erased_;
  IdDictionary ids_;
  std::vector<std::int32_t> expiry_;  // by party, as far as asked for
  Edges today_;
  PersonSet touched_;
  PersonSet taken_persons_;     // whose edges have been taken
  std::vector<Hash128> fresh_;  // touched, whose edges are taken next
  std::size_t followed_ = 0;    // so many of `fresh_` have had their cuts followed
  std::vector<std::pair<Hash128, Hash128>> cut_links_;  // both ways; sorted by FollowCuts()
  Edges taken_;
  std::vector<std::uint8_t> is_gone_;           // by taken edge: an end is erased
  std::vector<std::optional<Hash128>> before_;  // by number
};

}  // namespace weir::identity
