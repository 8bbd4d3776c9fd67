#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "project/mistakes.h"
#include "project/project.h"
#include "sql/database.h"

namespace weir::jobs {

// A view with the names in braces filled in; of a job with `per` there is one for each partition,
// whose value stands where {region} does, bare: `mapping_{region}`, `'{region}'`.
struct ProjectView {
  std::string name;  // "schema.name"
  std::string sql;
  bool is_of_partition = false;
  const project::View* view = nullptr;
  const project::Job* job = nullptr;  // that it stands in
};

// All views of a project, which must outlive them, by name.
std::map<std::string, ProjectView> ProjectViews(const project::Project& project);

// The views that jobs read, also through other views.
std::set<std::string> ViewsThatJobsRead(const project::Project& project,
                                        sql::Connection& connection);

// By view of the project: the tables that it reads in the end, through other views, sorted. Notes
// views whose SQL is none, that read relations of no schema, or that read themselves.
std::map<std::string, std::vector<std::string>> FindViews(const project::Project& project,
                                                          sql::Connection& connection,
                                                          project::Mistakes& mistakes);

}  // namespace weir::jobs
