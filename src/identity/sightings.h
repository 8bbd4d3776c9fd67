#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "identity/edge.h"
#include "identity/parameters.h"

// Rows are dealt out to parts by the number of one of their ids, as in a radix sort, so that a part
// fits into the cache; within it they are counted out by that id, and what few rows an id has are
// sorted. Cost: three passes over the rows.
namespace weir::identity {

// Evidence of pairs, sorted, so that it can be summed up as of any day. What was summed up as of a
// day may stand in for the evidence up to then. 32 bytes a row, 64 while it is sorted.
class Sightings {
 public:
  // Rows of one pair don't overlap in days, or lie within one day; in blocks of any size, in any
  // order, either way round. `ids` must outlive this.
  Sightings(std::vector<Edges> blocks, const IdDictionary& ids, const Parameters& parameters,
            int threads);

  // The pairs that are alive on `day`: the last sighting is no more than the expiry's days ago, the
  // lesser of both parties'. Where two sightings lie further apart, only those behind the gap
  // count. Later sightings are left out. Sorted by pair within each of many parts; an id's pairs
  // in which it stands first follow each other.
  Edges LiveOn(std::int32_t day) const;
  // The same in the memory of the rows, which are gone then.
  Edges TakeLiveOn(std::int32_t day) &&;
  std::size_t size() const { return rows_.size(); }

 private:
  std::size_t BeginOf(std::size_t part) const { return part == 0 ? 0 : ends_[part - 1]; }
  std::int32_t ExpiryOf(const Edge& edge) const;
  // Writes what is alive of a part's rows to `live`, which may be where they are. Returns how many.
  std::size_t SumUp(std::size_t part, std::int32_t day, Edge* live) const;

  const IdDictionary& ids_;
  std::vector<std::int32_t> expiry_;  // days by party
  int threads_;
  Edges rows_;
  std::vector<std::size_t> ends_;  // of parts; a pair's rows are in one part
};

}  // namespace weir::identity
