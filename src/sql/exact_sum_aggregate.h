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

  // A group's first terms wait in place and are compacted when there is no room for more, so that
  // GROUP BY with millions of groups takes 64 bytes for each; only a group of many terms pays for
  // an accumulator.
  struct State {
    static constexpr std::size_t kMaxWaiting = 6;
    static constexpr std::uint32_t kMaxCompactions = 16;

    std::unique_ptr<ExactSum> sum;
    std::uint32_t num_waiting = 0;
    std::uint32_t num_compactions = 0;
    std::array<double, kMaxWaiting> waiting;

    bool IsEmpty() const { return !sum && num_waiting == 0 && num_compactions == 0; }
    std::span<const double> Waiting() const { return std::span(waiting).first(num_waiting); }
    void Add(std::span<const double> terms);

   private:
    // Whether `count` more terms may wait now.
    bool MakeRoom(std::size_t count);
  };

  static std::vector<OwnedLogicalType> Parameters();
  static void Update(duckdb_data_chunk input, std::span<State* const> states);
  static void Merge(State& into, const State& from);
  static std::optional<double> Finish(const State& state);
};

}  // namespace weir::sql
