#pragma once

#include <string>
#include <vector>

#include "sql/database.h"

namespace weir::cli {

// A SELECT of `rows`, a text for each of `columns`, each row once. It can be run once, and until
// the next call for the same connection.
std::string TextStreamSql(sql::Connection& connection, const std::vector<std::string>& columns,
                          const std::vector<std::vector<std::string>>& rows);

}  // namespace weir::cli
