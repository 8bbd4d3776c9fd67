#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "project/mistakes.h"
#include "project/substitution.h"
#include "sql/database.h"

namespace weir::jobs {

// An SQL text as it stands in a project.
struct SqlSource {
  std::string text;
  project::Place place;  // of the text's first byte in its file …
  bool is_file = true;   // … or of the YAML value that holds it: places in it aren't known

  project::Place PlaceOf(std::size_t offset) const;
};

// A relation or table that a text reads.
struct SqlRead {
  std::vector<std::string> name;  // its parts, without quotes: "calls"; "shop", "calls"
  project::Place place;
};

// DuckDB's parse tree of one SELECT.
struct ParsedSql {
  std::string text;     // as it was parsed, each byte where it was in the source
  nlohmann::json tree;  // of the statement
  std::vector<SqlRead> reads;
};

// The text that a node of the tree has under `key`; empty if it has none.
std::string TextOf(const nlohmann::json& node, const char* key);

// Parses the SELECT of a text, its names in braces filled with values of no importance. Notes a
// text that is no SELECT, or several, and returns nothing.
std::optional<ParsedSql> ParseSql(const SqlSource& source, const project::Substitutions& values,
                                  sql::Connection& connection, project::Mistakes& mistakes);

// The text with each name in braces replaced by a literal or identifier of the same length, so that
// places hold. Names that aren't known stay.
std::string FillInPlace(const std::string& text, const project::Substitutions& values);

}  // namespace weir::jobs
