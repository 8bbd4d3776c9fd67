#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <duckdb.h>

#include "sql/database.h"

// Owners of DuckDB's handles and the way from weir's classes to them, for the files of sql/ alone.
namespace weir::sql {

// Calls one of the C API's destroy functions, which take the address of a handle.
template <auto Destroy>
struct HandleDeleter {
  template <typename Pointee>
  void operator()(Pointee* handle) const {
    Destroy(&handle);
  }
};

// Calls `close`, on another thread while an exception unwinds this one: DuckDB 1.5.5 doesn't end
// the query of a connection that is closed meanwhile (it asks std::uncaught_exception()), and the
// threads that still work on it use freed memory.
void CloseOutsideOfUnwinding(const std::function<void()>& close) noexcept;

// As HandleDeleter, of handles that a query may hang on.
template <auto Destroy>
struct QueryHandleDeleter {
  template <typename Pointee>
  void operator()(Pointee* handle) const {
    CloseOutsideOfUnwinding([&] { Destroy(&handle); });
  }
};

// duckdb_free for memory that the C API hands out (char*).
struct MemoryDeleter {
  void operator()(void* memory) const { duckdb_free(memory); }
};

using OwnedDatabase = std::unique_ptr<_duckdb_database, QueryHandleDeleter<duckdb_close>>;
using OwnedConnection = std::unique_ptr<_duckdb_connection, QueryHandleDeleter<duckdb_disconnect>>;
using OwnedConfig = std::unique_ptr<_duckdb_config, HandleDeleter<duckdb_destroy_config>>;
using OwnedErrorData =
    std::unique_ptr<_duckdb_error_data, HandleDeleter<duckdb_destroy_error_data>>;
using OwnedExtracted =
    std::unique_ptr<_duckdb_extracted_statements, HandleDeleter<duckdb_destroy_extracted>>;
using OwnedPrepared =
    std::unique_ptr<_duckdb_prepared_statement, QueryHandleDeleter<duckdb_destroy_prepare>>;
using OwnedPending =
    std::unique_ptr<_duckdb_pending_result, QueryHandleDeleter<duckdb_destroy_pending>>;
using OwnedDataChunk =
    std::unique_ptr<_duckdb_data_chunk, HandleDeleter<duckdb_destroy_data_chunk>>;
using OwnedLogicalType =
    std::unique_ptr<_duckdb_logical_type, HandleDeleter<duckdb_destroy_logical_type>>;
using OwnedValue = std::unique_ptr<_duckdb_value, HandleDeleter<duckdb_destroy_value>>;
using OwnedArrowOptions =
    std::unique_ptr<_duckdb_arrow_options, HandleDeleter<duckdb_destroy_arrow_options>>;
using OwnedConvertedSchema = std::unique_ptr<_duckdb_arrow_converted_schema,
                                             HandleDeleter<duckdb_destroy_arrow_converted_schema>>;
using OwnedTableFunction =
    std::unique_ptr<_duckdb_table_function, HandleDeleter<duckdb_destroy_table_function>>;
using OwnedScalarFunction =
    std::unique_ptr<_duckdb_scalar_function, HandleDeleter<duckdb_destroy_scalar_function>>;
using OwnedScalarFunctionSet =
    std::unique_ptr<_duckdb_scalar_function_set, HandleDeleter<duckdb_destroy_scalar_function_set>>;
using OwnedAggregateFunction =
    std::unique_ptr<_duckdb_aggregate_function, HandleDeleter<duckdb_destroy_aggregate_function>>;
using OwnedAggregateFunctionSet =
    std::unique_ptr<_duckdb_aggregate_function_set,
                    HandleDeleter<duckdb_destroy_aggregate_function_set>>;
using OwnedText = std::unique_ptr<char, MemoryDeleter>;

// Owns a duckdb_result, which is a struct and no handle.
class OwnedResult {
 public:
  OwnedResult() = default;
  OwnedResult(OwnedResult&& other) noexcept : result_(std::exchange(other.result_, {})) {}
  OwnedResult& operator=(OwnedResult&& other) noexcept {
    std::swap(result_, other.result_);
    return *this;
  }
  OwnedResult(const OwnedResult&) = delete;
  OwnedResult& operator=(const OwnedResult&) = delete;
  ~OwnedResult() {
    CloseOutsideOfUnwinding([this] { duckdb_destroy_result(&result_); });
  }

  duckdb_result* get() { return &result_; }

 private:
  duckdb_result result_{};
};

// The text that the C API allocated, freed.
inline std::string TakeText(char* text) {
  const OwnedText owned(text);
  return owned ? std::string(owned.get()) : std::string();
}

// From weir's classes to DuckDB's handles.
struct HandleAccess {
  static duckdb_connection Of(Connection& connection);
  static Connection::State& StateOf(const Connection& connection);
};

// Reads a result chunk by chunk as DuckDB has it. `result` must outlive the reader and be read by
// nothing else meanwhile.
class ChunkReader {
 public:
  explicit ChunkReader(Result& result) : result_(&result) {}

  bool gives_rows() const;
  std::size_t num_columns() const;
  // Lives as long as the result.
  duckdb_logical_type column_type(std::size_t column) const;
  // The next chunk of at least one row, or null at the end. Throws what the query throws.
  OwnedDataChunk Next();

 private:
  Result* result_;
};

}  // namespace weir::sql
