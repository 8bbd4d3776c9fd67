#include "sql/native_functions.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/hashing.h"
#include "sql/exact_sum_aggregate.h"
#include "sql/fingerprint_aggregate.h"
#include "sql/native_aggregate.h"
#include "sql/native_scalar.h"
#include "sql/stays_function.h"

namespace weir::sql {
namespace {

std::optional<std::uint64_t> Xxh64(std::string_view text, std::int64_t seed) {
  return SeededHashOf(text, static_cast<std::uint64_t>(seed));
}

}  // namespace

void RegisterNativeFunctions(duckdb_connection connection) {
  NativeAggregate<ExactSumAggregate>::Register(connection, "exact_sum");
  NativeAggregate<FingerprintAggregate>::Register(connection, "weir_fingerprint");
  NativeScalar<&Xxh64>::Register(connection, "xxh64");
  RegisterStays(connection);
}

}  // namespace weir::sql
