#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/schema.h"
#include "sql/database.h"

// Values of text files, cast so that nothing is lost, and the place of one that can't be.
namespace weir::connectors {

// SQL that gives text `value` as `type`: fails where digits, or the time of a day, would be lost,
// or a number become infinite. `value` is evaluated more than once.
std::string StrictCast(const std::string& value, const DataType& type);
// SQL that is true where StrictCast() fails.
std::string BadCast(const std::string& value, const DataType& type);

// SQL of the lines of a file, also a compressed one: (line, number), from 1; a blank one is null.
std::string LinesOf(const std::string& file);

// "file:line: column 'a': 'x' is not BIGINT" of the first value of a delimited file that isn't of
// its column's type. `records` is SQL of the file's fields as texts, in order.
std::optional<std::string> FindBadField(sql::Connection& connection, const std::string& file,
                                        const std::string& records, const Schema& schema);
// The same for a file of JSON lines, or "file:line: not JSON …".
std::optional<std::string> FindBadJson(sql::Connection& connection, const std::string& file,
                                       const Schema& schema);
// "file:line: unknown field 'c' …" of the first line with a field that is no column.
std::optional<std::string> FindUnknownKey(sql::Connection& connection, const std::string& file,
                                          const Schema& schema);

// DuckDB's message about a file, shortened to "file:line: what".
std::string ShortFileError(const std::string& message);

}  // namespace weir::connectors
