#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/hashing.h"
#include "sql/native_types.h"

namespace weir::sql {

// weir_fingerprint(STRUCT of a row) → VARCHAR: the sum of the rows' hashes as 32 hex digits
// (docs/fingerprint.md), whatever the order of rows and columns, the chunks and the threads. Of no
// rows: 32 zeros. A UserError for columns of types that tables can't hold.
struct FingerprintAggregate {
  using Out = std::string;
  using State = Hash128;

  static std::vector<OwnedLogicalType> Parameters();
  static void Update(duckdb_data_chunk input, std::span<State* const> states);
  static void Merge(State& into, State& from);
  static std::optional<std::string> Finish(const State& state);
};

}  // namespace weir::sql
