#pragma once

#include <string>

#include "data/schema.h"

// How values of tables become values of PostgreSQL, exactly:
//   BOOLEAN boolean            TINYINT, SMALLINT smallint   INTEGER integer     BIGINT bigint
//   FLOAT real                 DOUBLE double precision      DECIMAL(p,s) numeric(p,s)
//   VARCHAR text               BLOB bytea                   DATE date
//   TIMESTAMPTZ timestamptz    TIMESTAMP timestamp          T[] of these: an array
//   other lists, maps, structs: jsonb; decimals in it keep their digits, blobs are hex digits
namespace weir::connectors {

std::string PostgresType(const DataType& type);

// SQL (DuckDB's) of one row of `schema` as a line of COPY's text format, with its line break, in
// the column `line`.
std::string CopyLine(const Schema& schema);

}  // namespace weir::connectors
