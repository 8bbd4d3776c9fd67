#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "project/unit_test_file.h"
#include "sql/database.h"

namespace weir::jobs {

// Types of columns by name, as SQL declares them.
using ColumnTypes = std::map<std::string, std::string>;

// A SELECT of a test's rows. A column's type is the one that the test declares, else that of
// `known`, else what the rows look like: BOOLEAN, BIGINT, DOUBLE, VARCHAR, lists and structs of
// them; of Parquet files their own, of CSV and NDJSON what an import would take
// (lake/import_text.h). Columns of `known` that no row has are null. Throws UserError for rows
// without any column, for a file that isn't CSV, NDJSON or Parquet, and for a value that its column
// would only hold rounded, cut or not at all.
std::string SelectOf(const project::TestRows& rows, const ColumnTypes& known,
                     const std::filesystem::path& project_folder, sql::Connection& connection);

}  // namespace weir::jobs
