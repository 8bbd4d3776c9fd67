#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "project/mistakes.h"
#include "project/project.h"
#include "sql/database.h"

// The jobs of a project and the tables between them.
namespace weir::jobs {

// A table that jobs write or read, all `{names}` filled in: `t_{region}` is one for each region.
struct GraphTable {
  std::string name;
  std::vector<std::size_t> writers{};  // jobs, by name; none: an external source
  std::vector<std::size_t> readers{};  // also those that read a view of it, or its state before
};

// Jobs are given by their position in the project's `jobs`.
struct Graph {
  const project::Project* project = nullptr;
  // By job: those whose tables it reads, and those that read its tables, but for `previous`. Sorted
  // by name.
  std::vector<std::vector<std::size_t>> upstream{};
  std::vector<std::vector<std::size_t>> downstream{};
  // All jobs, each behind those that it reads from, else by name.
  std::vector<std::size_t> order{};
  std::map<std::string, GraphTable> tables{};
  // By view: the tables that it reads in the end, through other views.
  std::map<std::string, std::vector<std::string>> views{};

  const project::Job& job(std::size_t index) const { return project->jobs[index]; }
};

// What was found in a project: mistakes, that make it unfit to run, and what only looks wrong.
struct Findings {
  project::Mistakes mistakes{};
  project::Mistakes warnings{};
  project::Mistakes unchecked{};  // what could not be looked at, and why
};

// The graph by what `reads`, `writes` and `views` say; of SQL only the views are parsed. Throws one
// UserError with all mistakes:
// - two writers of a table that aren't separated by constant `partition` values;
// - a table of another domain that isn't marked `interface` for the reader's;
// - a cycle, but through `previous: true`;
// - a state read with `previous: true` whose columns nobody declares, so that the first run could
//   not see it empty; an optional external table without `columns`.
// `project` must outlive the graph.
Graph BuildGraph(const project::Project& project, sql::Connection& connection);

// All of that, and what the SQL of the jobs says (sql_check.h): for `weir check`. Of a project with
// unsound jobs (project.h) nothing is noted that may only follow from what is wrong with them. The
// graph is whole if there are no mistakes.
Graph CheckProject(const project::Project& project, sql::Connection& connection,
                   Findings& findings);

}  // namespace weir::jobs
