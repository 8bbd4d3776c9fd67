#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "sql/database.h"

// What work on several threads needs to know of the connection that it is done for.
namespace weir::sql {

// Another connection to the same database, for another thread: it sees the same tables and views
// but for temporary ones. It lives as long as the database, and is handed on to the next who wants
// one: DuckDB's threads may still hold a task of a query that failed, which must not outlive its
// connection. Its queries aren't stopped by anybody's token, for the same reason. May be made and
// destroyed on any thread while `connection` is in use.
class Sibling {
 public:
  // The database of `connection` must outlive it.
  explicit Sibling(const Connection& connection);
  ~Sibling();
  Sibling(const Sibling&) = delete;
  Sibling& operator=(const Sibling&) = delete;

  Connection& connection() { return *connection_; }

 private:
  Database& database_;
  std::optional<Connection> connection_;
};

// The token of SetStopToken().
std::stop_token StopTokenOf(const Connection& connection);

// On how many threads the database works: 1 or more.
int ThreadsOf(const Connection& connection);

// How much memory the database may take, in bytes.
std::uint64_t MemoryOf(const Connection& connection);

}  // namespace weir::sql
