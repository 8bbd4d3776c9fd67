#pragma once

#include "jobs/graph/graph.h"
#include "project/project.h"
#include "sql/database.h"

namespace weir::jobs {

// Parses the SQL of a job and notes
// - files that aren't one SELECT, conditions (`where`, `delete_absent`) and columns' types that
//   aren't SQL;
// - relations that are neither inputs nor made by a step before: a table must stand in `reads`. SQL
//   checks may read all relations of the job, and the tables that it writes;
// - names in braces within quotes: they are filled in with quotes of their own;
// - what makes results differ from run to run (determinism.h), in conditions, too.
// Warns of inputs and relations that nothing reads.
void CheckSql(const project::Project& project, const project::Job& job, sql::Connection& connection,
              Findings& findings);

}  // namespace weir::jobs
