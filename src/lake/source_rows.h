#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lake/actions.h"
#include "sql/database.h"

namespace weir::lake {

// A name that stands in `names` more than once, letter case aside, as it stands there last; nothing
// if all differ.
std::optional<std::string> RepeatedName(const std::vector<std::string>& names);

// Throws UserError, naming column and table, for metadata that no Delta table without column
// mapping may have: names with one of " ,;{}()\n\t=" (Spark refuses them) or equal but for letter
// case, partition columns that are missing, there twice, nested, or all that there are.
void CheckColumns(const Metadata& metadata, const std::string& table);

// Throws UserError for a column to sort by that the table lacks.
void CheckSortColumns(const Metadata& metadata, const std::vector<std::string>& sort_by);

// `select` with the table's columns, in order and of the table's types: matched by name, a missing
// one null. Throws UserError naming a column that the table lacks. Rows that break a column's
// nullability make the query fail with an error that NullViolation() knows.
std::string TypedSelect(sql::Connection& connection, const Metadata& metadata,
                        const std::string& select, const std::string& table);

// What a failed query over TypedSelect() says of a null where none may be; "" for other errors.
std::string NullViolation(const std::string& error);

}  // namespace weir::lake
