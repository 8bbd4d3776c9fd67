#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "identity/changes.h"
#include "identity/people.h"

namespace weir::identity {

// An edge by names.
struct NamedEdge {
  IdName a{};
  IdName b{};
  Micros first_seen = 0;
  Micros last_seen = 0;
  std::int64_t calls = 0;
};

// The people of a day: all of them, or those that a day's evidence touched.
struct DayResult {
  IdDictionary ids{};
  Edges edges{};                        // live ones; each pair either way round
  std::vector<std::uint8_t> outside{};  // by number, or empty: ids whose people weren't touched
  People people{};
  std::vector<std::optional<Hash128>> before{};  // by number, or empty: whose it was the day before
  std::vector<Change> changes{};
  std::shared_ptr<const GivenNames> given_names{};

  // Of an id of an edge. Its person was not touched, or is what the edges say.
  Hash128 PersonOf(IdNumber id) const;
};

struct DayOptions {
  std::int32_t day = 0;  // since 1970
  int threads = 1;
  bool with_changes = true;
};

// Everything from the whole evidence, in blocks of any size, in which days after `options.day` are
// left out; the day before's people, which changes need, are made of it, too.
DayResult Rebuild(IdDictionary ids, std::vector<Edges> evidence, const Parameters& parameters,
                  const DayOptions& options);

// The most memory, in bytes, that Rebuild() takes for `rows` rows of evidence and these ids, both
// included: while rows are sorted, 64 bytes a row; then 33 a row, 49 an id, and where there are
// changes 33 more a row while people of the day before are found, or 180 an id while they are
// compared. `ids` takes 30 to 42 bytes an id, and the texts of those that aren't packed.
std::uint64_t RebuildBytes(const IdDictionary& ids, std::size_t rows, bool with_changes);

// The changes of the ids inside.
std::vector<Change> ChangesOf(const DayResult& result, const std::vector<std::uint8_t>& erased);

// Appends edges to `edges` with their ids numbered.
void AddEdges(std::span<const NamedEdge> named, int threads, IdDictionary& ids, Edges& edges);

}  // namespace weir::identity
