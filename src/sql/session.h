#pragma once

#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

#include "sql/duckdb_handles.h"

namespace weir::sql {

// One DuckDB connection with what its queries share: the stop token, and the exception that a
// native stream threw inside DuckDB. A query in flight is stopped by duckdb_interrupt, whose flag
// DuckDB clears when a query begins: so the token is asked again once the query has begun.
class Session {
 public:
  explicit Session(OwnedConnection handle) : handle_(std::move(handle)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() = default;

  duckdb_connection handle() const { return handle_.get(); }

  void SetStopToken(std::stop_token token);
  std::stop_token stop_token() const { return token_; }
  // Throws CancelledError after a stop.
  void CheckStop() const;

  // Notes that a query begins, which ends any other whose rows are still being read. Returns its
  // number.
  std::uint64_t BeginQuery();
  bool IsCurrent(std::uint64_t query) const { return query == query_number_; }
  // Ends the query whose rows nobody reads any more, so that it holds no memory or files.
  void EndQuery();

  // Keeps what a stream threw on a thread of DuckDB; the first of a query counts.
  void KeepStreamError(std::exception_ptr error);
  // Throws what a query failed with: cancellation, else a stream's exception, else DuckDB's error.
  // That may be lost where several threads fail: ExternalError then, as it is worth another try.
  [[noreturn]] void ThrowFailure(std::optional<duckdb_error_type> type, const char* message);

 private:
  struct Interrupter {
    duckdb_connection handle;
    void operator()() const { duckdb_interrupt(handle); }
  };

  OwnedConnection handle_;
  std::stop_token token_;
  std::optional<std::stop_callback<Interrupter>> interrupter_;
  std::uint64_t query_number_ = 0;
  std::mutex error_mutex_;
  std::exception_ptr stream_error_;
};

}  // namespace weir::sql
