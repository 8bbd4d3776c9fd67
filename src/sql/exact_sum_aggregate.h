#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/exact_sum.h"
#include "sql/native_types.h"

namespace weir::sql {

// exact_sum(DOUBLE) → DOUBLE: the sum that base/exact_sum.h defines, so the same for any number of
// threads and any order of rows. Nulls are left out; without values it is null. Arguments of other
// types are cast to DOUBLE: exact for FLOAT; decimals and integers have sum().
struct ExactSumAggregate {
  using Out = double;

  // A group's first terms wait in place, so that GROUP BY with millions of small groups takes 64
  // bytes for each and not an accumulator.
  struct State {
    static constexpr std::size_t kMaxWaiting = 6;

    std::unique_ptr<ExactSum> sum;
    std::uint64_t num_waiting = 0;
    std::array<double, kMaxWaiting> waiting;

    void Add(std::span<const double> terms);
  };

  static std::vector<OwnedLogicalType> Parameters();
  static void Update(duckdb_data_chunk input, std::span<State* const> states);
  static void Merge(State& into, const State& from);
  static std::optional<double> Finish(const State& state);
};

}  // namespace weir::sql
