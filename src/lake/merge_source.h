#pragma once

#include <string>
#include <vector>

#include "data/predicate.h"
#include "lake/source_columns.h"

namespace weir::lake {

// The names of a merge's keys as the table has them. Throws UserError for no keys, a key twice, and
// one that source or table lacks.
std::vector<std::string> MatchKeys(const std::vector<std::string>& keys,
                                   const SourceColumns& source, const TableAt& table);

// Throws UserError with up to three examples if `rows`, a table, holds null or equal keys.
void CheckKeys(sql::Connection& connection, const std::string& rows,
               const std::vector<std::string>& keys);

// Holds for every row of the target that has the keys of one of `rows`: the keys' ranges, or the
// values where there are few. Of no rows: no value at all (an empty kIn).
Predicate KeyRanges(sql::Connection& connection, const std::string& rows, const Schema& schema,
                    const std::vector<std::string>& keys);

// `left."k" = right."k" AND …`.
std::string KeysEqual(const std::vector<std::string>& keys, std::string_view left,
                      std::string_view right);

}  // namespace weir::lake
