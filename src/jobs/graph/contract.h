#pragma once

#include <string>
#include <vector>

#include "data/schema.h"
#include "project/job.h"
#include "sql/database.h"

// The contract of a table that a job writes: the `columns` that it declares.
namespace weir::jobs {

struct ContractMistake {
  const project::ColumnContract* column = nullptr;  // null: a column that the contract lacks
  std::string text{};
};

// What keeps rows of columns `given` from being written to `table`, the name of `output` filled in:
// columns that are missing, too many, or of a type that doesn't widen to the declared one. Empty
// without a contract. Throws UserError for a declared type that is none.
std::vector<ContractMistake> ContractMistakes(const project::Output& output,
                                              const std::string& table, const Schema& given,
                                              sql::Connection& connection);

// Columns as they are declared. Throws UserError for a type that is none.
Schema DeclaredSchema(const std::vector<project::ColumnContract>& columns,
                      sql::Connection& connection);

}  // namespace weir::jobs
