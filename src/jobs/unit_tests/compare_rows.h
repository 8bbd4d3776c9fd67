#pragma once

#include <string>

#include "project/unit_test_file.h"
#include "sql/database.h"

namespace weir::jobs {

// How the rows of `actual` (SQL that stands behind FROM) differ from the rows that a test expects,
// in the columns that these name, whatever their order: a few of those that are missing and of
// those that are too many. Empty if they don't. A column that `actual` lacks is a difference.
std::string DifferenceOf(const project::TestRows& expected, const std::string& actual,
                         const std::filesystem::path& project_folder, sql::Connection& connection);

}  // namespace weir::jobs
