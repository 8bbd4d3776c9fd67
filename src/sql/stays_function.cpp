#include "sql/stays_function.h"

#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"
#include "sql/native_types.h"

namespace weir::sql {
namespace {

bool FollowOneAnother(std::span<const std::int64_t> numbers) {
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] != numbers[i - 1] + 1) {
      return false;
    }
  }
  return true;
}

// The arguments are never null.
void Stays(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto num_rows = static_cast<std::size_t>(duckdb_data_chunk_get_size(input));
  const auto* numbers = static_cast<const std::int64_t*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, 0)));
  const auto* goes =
      static_cast<const bool*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, 1)));
  auto* stays = static_cast<bool*>(duckdb_vector_get_data(output));
  if (!FollowOneAnother({numbers, num_rows})) {
    duckdb_scalar_function_set_error(info, std::string(kRowsOutOfOrder).c_str());
    return;
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    stays[row] = !goes[row];
  }
}

}  // namespace

void RegisterStays(duckdb_connection connection) {
  const OwnedScalarFunction scalar(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(scalar.get(), "weir_stays");
  duckdb_scalar_function_add_parameter(scalar.get(), LogicalTypeOf<std::int64_t>().get());
  duckdb_scalar_function_add_parameter(scalar.get(), LogicalTypeOf<bool>().get());
  duckdb_scalar_function_set_return_type(scalar.get(), LogicalTypeOf<bool>().get());
  duckdb_scalar_function_set_function(scalar.get(), &Stays);
  if (duckdb_register_scalar_function(connection, scalar.get()) != DuckDBSuccess) {
    throw ExternalError("DuckDB refuses to register the function weir_stays");
  }
}

}  // namespace weir::sql
