#pragma once

#include "jobs/graph/graph.h"
#include "jobs/graph/known_columns.h"
#include "jobs/graph/settings_check.h"
#include "sql/database.h"

namespace weir::jobs {

// Binds the SQL of all jobs over the columns of what they read, without any data, and notes
// - columns and functions that aren't there, and whatever else can't be bound, with their places;
// - relations whose columns don't fit the contract of the table they are written to: a column that
//   is missing, one too many, a type that doesn't widen to the declared one;
// - columns that `partition_by`, `sort_by`, `keys` and `checks` name and the rows lack.
// Tables without declared columns have those that their jobs give them (`graph.order`), else those
// of `existing`. What can't be checked for want of columns is among `findings.unchecked`, with the
// reason. Jobs and SQL files of which `findings` has mistakes already are left out, with what would
// only follow from them. Costs a few milliseconds a step.
void CheckColumns(const Graph& graph, const StepTables& tables, const ExistingColumns& existing,
                  sql::Connection& connection, Findings& findings);

}  // namespace weir::jobs
