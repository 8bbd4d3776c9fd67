#pragma once

#include <string>

#include "cli/services.h"
#include "lake/query.h"
#include "lake/warehouse.h"

// Where commands that look at a project's tables find them: in the environment's warehouse, and
// what that lacks in the one of the environment that it reads from (`read_from`).
namespace weir::cli {

// The folder that a table is read in, whether it is there or not.
lake::TableFolder FolderToRead(Services& services, const std::string& table);

// Whether it is there, in one of them.
bool IsTableToRead(Services& services, const std::string& table);

// Lets a session on the environment's warehouse read the other one's tables, and stop when the
// command does.
void ReadAllTables(Services& services, lake::QuerySession& session);

}  // namespace weir::cli
