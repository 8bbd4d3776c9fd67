#include "sql/error.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "sql/duckdb_handles.h"

namespace weir::sql {
namespace {

// How the messages of errors that aren't the SQL's fault begin, before " Error: ".
constexpr std::array<std::pair<std::string_view, duckdb_error_type>, 13> kPrefixes{{
    {"IO", DUCKDB_ERROR_IO},
    {"Out of Memory", DUCKDB_ERROR_OUT_OF_MEMORY},
    {"INTERRUPT", DUCKDB_ERROR_INTERRUPT},
    {"HTTP", DUCKDB_ERROR_HTTP},
    {"Network", DUCKDB_ERROR_NETWORK},
    {"Connection", DUCKDB_ERROR_CONNECTION},
    {"TransactionContext", DUCKDB_ERROR_TRANSACTION},
    {"FATAL", DUCKDB_ERROR_FATAL},
    {"INTERNAL", DUCKDB_ERROR_INTERNAL},
    {"Scheduler", DUCKDB_ERROR_SCHEDULER},
    {"Executor", DUCKDB_ERROR_EXECUTOR},
    {"Missing Extension", DUCKDB_ERROR_MISSING_EXTENSION},
    {"Extension Autoloading", DUCKDB_ERROR_AUTOLOAD},
}};

duckdb_error_type ErrorTypeOf(std::string_view message) {
  const std::string_view name = message.substr(0, message.find(" Error: "));
  const auto found = std::ranges::find(kPrefixes, name, &decltype(kPrefixes)::value_type::first);
  return found == kPrefixes.end() ? DUCKDB_ERROR_INVALID_INPUT : found->second;
}

bool IsExternal(duckdb_error_type type) {
  return std::ranges::find(kPrefixes, type, &decltype(kPrefixes)::value_type::second) !=
         kPrefixes.end();
}

}  // namespace

void ThrowError(duckdb_error_type type, std::string_view message) {
  if (type == DUCKDB_ERROR_INTERRUPT) {
    throw CancelledError();
  }
  if (type == DUCKDB_ERROR_OUT_OF_MEMORY) {  // what follows is advice for DuckDB's own programs
    message = message.substr(0, message.find('\n'));
  }
  if (IsExternal(type)) {
    throw ExternalError("{}", message);
  }
  throw UserError("{}", message);
}

void ThrowError(std::string_view message) { ThrowError(ErrorTypeOf(message), message); }

void CheckError(duckdb_error_data error) {
  const OwnedErrorData owned(error);
  if (owned && duckdb_error_data_has_error(error)) {
    ThrowError(duckdb_error_data_message(error));
  }
}

}  // namespace weir::sql
