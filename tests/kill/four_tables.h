#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lake/warehouse.h"

// Four tables that each run overwrites together. A run's rows all carry its generation, so that a
// reader sees at once whether it got the tables of one run.
namespace weir::lake {

const std::vector<std::string>& FourTables();

// A database of a process that lives a second.
sql::DatabaseOptions SmallDatabase();

// Makes the tables (generation 0) or overwrites them, as one commit.
void WriteGeneration(Warehouse& warehouse, std::int64_t generation);

// The generation that all four tables are of, opened together; -1 if none exists. Throws
// std::logic_error that tells all four if they differ.
std::int64_t ReadGeneration(Warehouse& warehouse);

// As ReadGeneration, of the rows in the data files; throws also if rows are lost or doubled.
std::int64_t ReadGenerationOfRows(Warehouse& warehouse);

}  // namespace weir::lake
