#pragma once

#include <map>
#include <string>

#include "jobs/graph/graph.h"
#include "project/project.h"
#include "sql/database.h"

namespace weir::jobs {

// The project as it runs: a job that reads a view reads the tables below it instead, each limited
// to the input's window (and `previous`), and has SQL steps in front that make of them what the
// view says and then the rows that the input's `where` leaves. So versions, staleness, replay and
// the code's hash know tables and SQL alone. Projects without such reads come back as they are.
//
// The relations of a table below are called "<input>/<table>". Throws UserError for a job that
// reads a view of one partition. `graph` is the project's.
project::Project ResolveViews(project::Project project, const Graph& graph,
                              sql::Connection& connection);

// `sql`, one SELECT, with tables "schema.name" replaced by relations; other tables stay.
std::string WithRelations(const std::string& sql, const std::map<std::string, std::string>& names,
                          sql::Connection& connection);

}  // namespace weir::jobs
