#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::sql {

// A name in double quotes, inner ones doubled.
std::string QuoteName(std::string_view name);

// A text in single quotes, inner ones doubled; with NUL bytes in it ('a' || chr(0) || 'b').
std::string QuoteText(std::string_view text);

// "['a', 'b']": a list literal of texts.
std::string QuoteTexts(std::span<const std::string> texts);

// As QuoteTexts(), of paths of files for a reader of DuckDB: '*', '?' and '[' in them are letters,
// not wildcards.
std::string QuotePaths(std::span<const std::string> paths);

// "\"a\", \"b\"": names with commas between.
std::string QuoteNames(std::span<const std::string> names);

// "schema.table": the parts of a name with dots between, in quotes where they hold anything but
// letters, digits and '_'.
std::string JoinName(std::span<const std::string> parts);

// The parts of a dotted name, without quotes: "a.\"b.c\"" is "a" and "b.c". A '"' that isn't closed
// goes on to the end.
std::vector<std::string> SplitName(std::string_view name);

}  // namespace weir::sql
