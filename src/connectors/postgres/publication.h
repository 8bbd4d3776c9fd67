#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/postgres/postgres_session.h"
#include "sql/database.h"

namespace weir::connectors {

// A table of a database, replaced whole in one transaction: rows are copied into a new table with
// its keys and indexes, which then takes the old one's name and its grants. The same transaction
// notes the run in weir_publications(table_name, run_id, published_at), a table of the same schema.
// Readers see the old rows or the new. Who publishes the same table waits.
struct Publication {
  std::string schema;
  std::string table;  // at most 48 bytes, so that the names of its indexes fit
  std::string run_id;
  std::vector<std::string> keys;                  // of the primary key; none: no key
  std::vector<std::vector<std::string>> indexes;  // columns of each
};

// Publishes the rows of a relation. Returns how many.
std::int64_t Publish(PostgresSession& session, sql::Connection& connection,
                     const std::string& relation, const Publication& publication);

}  // namespace weir::connectors
