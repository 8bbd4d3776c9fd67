#include "sql/session.h"

#include <utility>

#include "base/error.h"
#include "sql/error.h"

namespace weir::sql {

void Session::SetStopToken(std::stop_token token) {
  interrupter_.reset();  // waits for a callback that is running
  token_ = std::move(token);
  interrupter_.emplace(token_, Interrupter{handle_.get()});
}

void Session::CheckStop() const {
  if (token_.stop_requested()) {
    throw CancelledError();
  }
}

std::uint64_t Session::BeginQuery() {
  CheckStop();
  const std::scoped_lock lock(error_mutex_);
  stream_error_ = nullptr;
  return ++query_number_;
}

void Session::EndQuery() {
  // DuckDB gives up an unread result when the connection prepares something else.
  duckdb_prepared_statement nothing = nullptr;
  duckdb_prepare(handle_.get(), "SELECT 1", &nothing);
  duckdb_destroy_prepare(&nothing);
}

void Session::KeepStreamError(std::exception_ptr error) {
  const std::scoped_lock lock(error_mutex_);
  if (!stream_error_) {
    stream_error_ = std::move(error);
  }
}

void Session::ThrowFailure(std::optional<duckdb_error_type> type, const char* message) {
  CheckStop();
  {
    const std::scoped_lock lock(error_mutex_);
    if (stream_error_) {
      std::rethrow_exception(std::exchange(stream_error_, nullptr));
    }
  }
  const std::string_view text = message == nullptr ? "unknown error of DuckDB" : message;
  try {
    if (type && *type != DUCKDB_ERROR_INVALID) {
      ThrowError(*type, text);
    }
    ThrowError(text);
  } catch (const CancelledError&) {  // nobody asked for that
    throw ExternalError(
        "a query failed on one of its threads, and all that DuckDB tells is that it stopped the "
        "others: run it again to be told why");
  }
}

}  // namespace weir::sql
