#pragma once

#include <map>
#include <string>
#include <vector>

#include "project/mistakes.h"
#include "project/project.h"
#include "sql/database.h"

namespace weir::jobs {

// By view of the project: the tables that it reads in the end, through other views, sorted. Notes
// views whose SQL is none, that read relations of no schema, or that read themselves.
std::map<std::string, std::vector<std::string>> FindViews(const project::Project& project,
                                                          sql::Connection& connection,
                                                          project::Mistakes& mistakes);

}  // namespace weir::jobs
