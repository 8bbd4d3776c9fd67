#pragma once

#include <exception>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "sql/native_types.h"

namespace weir::sql {

// A native scalar function: `std::optional<Out> Function(In…)`, types as native_types.h, texts as
// std::string_view in and std::string out. Called for each row without nulls, on DuckDB's threads;
// a row with a null gives null. It must give the same for the same, as DuckDB calls it once for
// constants. What it throws fails the query with its message.
template <auto Function>
class NativeScalar;

template <typename Out, typename... In, std::optional<Out> (*Function)(In...)>
class NativeScalar<Function> {
 public:
  static void Register(duckdb_connection connection, const std::string& name) {
    const OwnedScalarFunction scalar(duckdb_create_scalar_function());
    duckdb_scalar_function_set_name(scalar.get(), name.c_str());
    (duckdb_scalar_function_add_parameter(scalar.get(), LogicalTypeOf<In>().get()), ...);
    duckdb_scalar_function_set_return_type(scalar.get(), LogicalTypeOf<Out>().get());
    duckdb_scalar_function_set_function(scalar.get(), &Run);
    if (duckdb_register_scalar_function(connection, scalar.get()) != DuckDBSuccess) {
      throw ExternalError("DuckDB refuses to register the function {}", name);
    }
  }

 private:
  static void Run(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
    try {
      RunRows(input, output, std::index_sequence_for<In...>());
    } catch (const std::exception& error) {
      duckdb_scalar_function_set_error(info, error.what());
    }
  }

  template <std::size_t... Column>
  static void RunRows(duckdb_data_chunk input, duckdb_vector output,
                      std::index_sequence<Column...> /*columns*/) {
    const std::tuple<ColumnReader<In>...> columns(
        ColumnReader<In>(duckdb_data_chunk_get_vector(input, Column))...);
    ColumnWriter<Out> results(output);
    const idx_t num_rows = duckdb_data_chunk_get_size(input);
    for (idx_t row = 0; row < num_rows; ++row) {
      const bool has_null = (std::get<Column>(columns).IsNull(row) || ...);
      results.Write(row, has_null ? std::nullopt : Function(std::get<Column>(columns).At(row)...));
    }
  }
};

}  // namespace weir::sql
