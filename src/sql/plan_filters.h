#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/predicate.h"
#include "sql/database.h"

// Which rows of its tables a query can use at most, so that files without such rows stay unopened:
// table functions of DuckDB's C API are told no filters, and a view over a list of files opens
// every footer. So the query is first planned over empty stand-in tables, and the conditions that
// the optimizer pushed into their scans are read from the plan's JSON. Only what DuckDB may push
// arrives there (outer joins, limits, windows and the like are its business), and what isn't
// understood is left out: a filter may be weaker than the query, never stronger.
namespace weir::sql {

// What one scan of a table needs: rows for which `filter` doesn't hold change nothing.
struct ScanFilter {
  std::string schema;
  std::string table;
  Predicate filter;

  friend bool operator==(const ScanFilter&, const ScanFilter&) = default;
};

// One entry a scan of the plan of `sql`, one SELECT; a table that is read twice has two. `scratch`
// is a connection of a Database of its own (the optimizer's settings are changed for all of it)
// that holds an empty table, without constraints, for each that `sql` names, and has the settings
// of the connection that will run `sql`, above all its TimeZone. Absent if there is no such plan
// (not a SELECT, several statements, an error in it) or if DependsOnSession(sql).
std::optional<std::vector<ScanFilter>> FindScanFilters(Connection& scratch, std::string_view sql);

// Whether `sql` may name a function whose value is another one in the connection that will run it
// (the time, a variable, a setting, a schema): the optimizer would take that of the scratch
// connection for a constant. Judged by words, so perhaps true where it isn't so. The text of a view
// in the scratch database must be asked, too.
bool DependsOnSession(std::string_view sql);

// What all scans of a table together need. Every row, if the plan doesn't scan it.
Predicate FilterOfTable(std::span<const ScanFilter> scans, std::string_view schema,
                        std::string_view table);

}  // namespace weir::sql
