#pragma once

#include <cstdint>
#include <vector>

#include "identity/edge.h"
#include "identity/parameters.h"

namespace weir::identity {

// Evidence of pairs, sorted, so that it can be summed up as of any day. What was summed up as of a
// day may stand in for the evidence up to then. 32 bytes a row, 64 while it is sorted.
class Sightings {
 public:
  // Rows of one pair don't overlap in days, or lie within one day; in any order, either way round.
  // `ids` must outlive this.
  Sightings(std::vector<Edge> rows, const IdDictionary& ids, const Parameters& parameters,
            int threads);

  // The pairs that are alive on `day`: the last sighting is no more than the expiry's days ago, the
  // lesser of both parties'. Where two sightings lie further apart, only those behind the gap
  // count. Later sightings are left out. Sorted by pair within each of many parts.
  std::vector<Edge> LiveOn(std::int32_t day) const;
  std::size_t size() const { return rows_.size(); }

 private:
  std::int32_t ExpiryOf(const Edge& edge) const;
  // Appends what is alive of the rows [begin, end), which are whole pairs.
  void SumUp(std::size_t begin, std::size_t end, std::int32_t day, std::vector<Edge>& live) const;

  const IdDictionary& ids_;
  std::vector<std::int32_t> expiry_;  // days by party
  int threads_;
  std::vector<Edge> rows_;
  std::vector<std::size_t> parts_;  // where each ends; a pair's rows are in one part
};

}  // namespace weir::identity
