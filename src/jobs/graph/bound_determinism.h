#pragma once

#include "jobs/graph/parsed_sql.h"
#include "project/mistakes.h"
#include "project/substitution.h"
#include "sql/database.h"

namespace weir::jobs {

// Notes the aggregates of a text that may give other rows for the same input, by the types that
// their arguments have: sum and avg of DOUBLE or FLOAT, in a window without ORDER BY, too; and
// those that stand in the text under another name (SUMMARIZE, macros). What CheckDeterminism()
// notes of the same text is left out. The text must be one that BindSql() takes; the relations that
// it reads must not be views of other aggregates, which would be taken for its own.
void CheckBoundDeterminism(const SqlSource& source, const project::Substitutions& values,
                           sql::Connection& connection, project::Mistakes& mistakes);

}  // namespace weir::jobs
