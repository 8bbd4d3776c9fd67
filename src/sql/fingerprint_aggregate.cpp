#include "sql/fingerprint_aggregate.h"

#include "sql/canonical_bytes.h"
#include "sql/vector_view.h"

namespace weir::sql {

std::vector<OwnedLogicalType> FingerprintAggregate::Parameters() {
  std::vector<OwnedLogicalType> parameters;
  parameters.emplace_back(duckdb_create_logical_type(DUCKDB_TYPE_ANY));
  return parameters;
}

void FingerprintAggregate::Update(duckdb_data_chunk input, std::span<State* const> states) {
  duckdb_vector rows = duckdb_data_chunk_get_vector(input, 0);
  const TypeShape shape = ShapeOf(OwnedLogicalType(duckdb_vector_get_column_type(rows)));
  const VectorView view = ViewOf(rows, shape);
  const CanonicalWriter writer(shape);
  std::string bytes;
  for (idx_t row = 0; row < states.size(); ++row) {
    bytes.clear();
    writer.Append(view, row, bytes);
    *states[row] += HashOf(bytes);
  }
}

void FingerprintAggregate::Merge(State& into, State& from) { into += from; }

std::optional<std::string> FingerprintAggregate::Finish(const State& state) { return ToHex(state); }

}  // namespace weir::sql
