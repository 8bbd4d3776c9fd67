#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/session.h"

namespace weir::sql {

// As Connection::TableNames() says, of all statements of `sql`. Queries are judged by DuckDB's
// parse tree alone, so the tables needn't exist; of other statements the query inside them counts,
// and what they write to doesn't.
std::vector<std::string> FindTableNames(Session& session, std::string_view sql);

}  // namespace weir::sql
