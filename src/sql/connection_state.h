#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "sql/database.h"
#include "sql/session.h"
#include "sql/stream.h"

namespace weir::sql {

struct Connection::State {
  State(Database& owner, OwnedConnection handle, duckdb_connection shared, StreamRegistry& registry)
      : database(owner), session(std::move(handle)), context(shared), streams(registry) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    for (const auto& [name, number] : stream_numbers) {
      streams.Remove(number);
    }
  }

  Database& database;
  Session session;
  duckdb_connection context;  // the database's own connection
  StreamRegistry& streams;
  std::map<std::string, std::int64_t> stream_numbers;  // of this connection's relations
};

}  // namespace weir::sql
