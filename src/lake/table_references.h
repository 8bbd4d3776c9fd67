#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lake/snapshot.h"

// Where an SQL text names tables of the lake, by its words alone: no statement is parsed here.
namespace weir::lake {

// A name with the version that was asked for: "mapping@v12", "mapping@2026-01-01".
struct VersionedName {
  std::string name;
  VersionChoice choice;  // empty: the latest

  bool is_latest() const { return !choice.version && !choice.as_of; }
};

// Takes "@v12", "@2026-01-01" or "@2026-01-01T10:00" off the end of a name or path. Throws
// UserError for something else that begins like one of them.
VersionedName ParseVersionedName(std::string_view text);

// Throws the UserError about a name that ends in what is no version.
[[noreturn]] void ThrowWrongVersion(std::string_view text);

// A table as a query names it: `schema.name`, or a path, whose schema is empty.
struct TableReference {
  std::string schema;
  std::string name;  // with its version: "mapping@v12"

  friend auto operator<=>(const TableReference&, const TableReference&) = default;
};

// Reads a name as Connection::TableNames() gives it: `"my schema"."x@v1"`, `"path/to/table"`.
// Absent for names of three parts.
std::optional<TableReference> ParseTableName(std::string_view qualified);

// Every two names with a point between, and every text, that may be a table: more than there are.
// For statements that TableNames() can't take apart.
std::vector<TableReference> PossibleTables(std::string_view sql);

// Turns `schema.table@v12` into `schema."table@v12"`, with the alias `table` where a FROM clause
// has none, and leaves everything else as it is.
std::string QuoteVersions(std::string_view sql);

// A message of DuckDB about QuoteVersions(sql) with the line and the caret that it quotes as they
// are in `sql`. Lines that it cut short, or that aren't ASCII, stay as they are.
std::string QuoteLineAsWritten(std::string message, std::string_view sql);

// The table that a statement would change (INSERT, UPDATE, DELETE, MERGE, TRUNCATE, DROP, ALTER,
// CREATE, COPY … FROM), if it names one.
std::optional<TableReference> WrittenTable(std::string_view statement);

// The SELECT within EXPLAIN, COPY (…) TO, CREATE TABLE … AS or INSERT INTO …; of other statements
// all of it.
std::string_view InnerSelect(std::string_view statement);

// Whether there is nothing in it but spaces, comments and semicolons.
bool IsBlank(std::string_view statement);

}  // namespace weir::lake
