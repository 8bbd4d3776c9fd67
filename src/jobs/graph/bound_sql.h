#pragma once

#include <string>
#include <vector>

#include "jobs/graph/parsed_sql.h"
#include "project/mistakes.h"
#include "project/substitution.h"
#include "sql/database.h"

namespace weir::jobs {

// Binds the SELECT of a text, its names in braces filled in, to the relations and tables of the
// connection, without running it. Notes the first column, function or type that isn't there, with
// its place and the nearest name, or what else keeps it from being bound, and returns false then.
// `known` are columns that the text may read, to suggest; relations must be there.
bool BindSql(const SqlSource& source, const project::Substitutions& values,
             const std::vector<std::string>& known, sql::Connection& connection,
             project::Mistakes& mistakes);

}  // namespace weir::jobs
