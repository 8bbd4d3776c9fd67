#include "sql/native_functions.h"

#include "sql/exact_sum_aggregate.h"
#include "sql/fingerprint_aggregate.h"
#include "sql/native_aggregate.h"

namespace weir::sql {

void RegisterNativeFunctions(duckdb_connection connection) {
  NativeAggregate<ExactSumAggregate>::Register(connection, "exact_sum");
  NativeAggregate<FingerprintAggregate>::Register(connection, "weir_fingerprint");
}

}  // namespace weir::sql
