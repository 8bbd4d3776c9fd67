#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/schema.h"
#include "sql/duckdb_handles.h"

namespace weir::sql {

// The table type that holds every value of DuckDB's `type` (an enum's as text, a UINTEGER's as
// BIGINT …), or nothing if tables have none.
std::optional<DataType> ToDataType(duckdb_logical_type type);

// DuckDB's type for a table type.
OwnedLogicalType ToLogicalType(const DataType& type);

// The C API copies a type only as a part of another.
OwnedLogicalType CopyOf(duckdb_logical_type type);

// As DuckDB writes `type`: "INTEGER", "STRUCT(\"a\" BIT)[]", "JSON".
std::string TypeName(duckdb_logical_type type);

// One column of a result.
struct ResultColumn {
  std::string name;
  OwnedLogicalType type;
};

// The columns as a table's schema. Throws UserError naming a column whose type tables can't hold or
// whose name is that of another.
Schema ToSchema(const std::vector<ResultColumn>& columns);

}  // namespace weir::sql
