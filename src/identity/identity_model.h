#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "identity/day_result.h"

// For tests: the graph's rules once more, as plainly as can be, on maps of texts.
namespace weir::identity::model {

using Id = std::pair<std::string, std::string>;  // party, id
using Pair = std::pair<Id, Id>;                  // the lesser first

struct Seen {
  std::int64_t calls = 0;
  Micros first = 0;
  Micros last = 0;

  friend bool operator==(const Seen&, const Seen&) = default;
};

// What was seen of each pair on each day.
using Evidence = std::map<Pair, std::map<std::int32_t, Seen>>;

struct EdgeRow {
  Seen seen;
  Mark mark = Mark::kLive;
  std::string person_a;
  std::string person_b;

  friend bool operator==(const EdgeRow&, const EdgeRow&) = default;
};

struct IdRow {
  std::string person;
  Seen seen;

  friend bool operator==(const IdRow&, const IdRow&) = default;
};

using ChangeRow = std::tuple<std::string, std::string, std::string>;         // kind, from, into
using HubRow = std::tuple<Id, std::string, std::size_t>;                     // party, neighbours
using CutRow = std::tuple<Id, std::size_t, std::size_t, std::vector<Pair>>;  // founder, ids, pieces

struct Day {
  std::map<Pair, EdgeRow> edges;
  std::map<Id, IdRow> ids;
  std::set<HubRow> hubs;
  std::set<CutRow> cuts;

  friend bool operator==(const Day&, const Day&) = default;
};

Pair PairOf(const Id& one, const Id& other);
Day DayOf(const Evidence& evidence, const Parameters& parameters, std::int32_t day);
// Without erasures.
std::set<ChangeRow> ChangesBetween(const Day& before, const Day& after);

// The kernel's results in the same shape; of an incremental one the ids inside and their edges.
Day DayOf(const DayResult& result);
std::set<ChangeRow> RowsOf(const std::vector<Change>& changes);

// For messages of failing tests.
std::string ToText(const Day& day);

}  // namespace weir::identity::model
