#include "connectors/files/file_error.h"

#include <algorithm>
#include <array>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/nearest_name.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

constexpr std::size_t kLongestShown = 60;  // bytes of a value in a message

// What a text must look like so that a cast to `type` keeps every digit; empty: anything.
std::string PatternOf(const DataType& type) {
  if (IsInteger(type.kind)) {
    return R"(\s*[+-]?[0-9]+(\.0*)?\s*)";
  }
  if (type.kind == TypeKind::kDecimal) {
    return fmt::format(R"(\s*[+-]?([0-9]+(\.[0-9]{{0,{0}}}0*)?|\.[0-9]{{1,{1}}}0*)\s*)", type.scale,
                       std::max(type.scale, 1));
  }
  return "";
}

bool IsTimeKind(TypeKind kind) {
  return kind == TypeKind::kDate || kind == TypeKind::kTimestamp || kind == TypeKind::kTimestampNtz;
}

// SQL that is true where a cast of text `value` to `type` would work, but lose something: digits,
// the time of a day, or the number itself, which becomes infinite. Empty: that can't be.
std::string LosesSql(const std::string& value, const DataType& type) {
  if (const std::string pattern = PatternOf(type); !pattern.empty()) {
    return fmt::format("NOT regexp_full_match({}, {})", value, sql::QuoteText(pattern));
  }
  if (IsTimeKind(type.kind)) {  // "infinity", too; a day is ten letters
    return fmt::format(
        "(strpos({0}, '-') < 2{1})", value,
        type.kind == TypeKind::kDate ? fmt::format(" OR length(trim({})) > 10", value) : "");
  }
  if (type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble) {
    return fmt::format("(isinf(TRY_CAST({0} AS {1})) AND regexp_matches({0}, '[0-9]'))", value,
                       ToText(type));
  }
  return "";
}

std::string Shown(const std::string& value) {
  if (value.size() <= kLongestShown) {
    return value;
  }
  std::size_t end = kLongestShown;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return value.substr(0, end) + "…";
}

std::string TextOf(const sql::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : *text;
}

// Path of a field in DuckDB's JSON functions.
std::string KeyPath(const std::string& name) {
  std::string path = "$.\"";
  for (const char letter : name) {
    path += letter == '"' || letter == '\\' ? fmt::format("\\{}", letter) : std::string(1, letter);
  }
  return sql::QuoteText(path + '"');
}

// First row of (number, column's index or -1, value): where something is wrong.
struct Found {
  std::int64_t line = 0;
  std::int64_t column = -1;
  std::string value;
};

std::optional<Found> FirstOf(sql::Connection& connection, const std::string& sql) {
  const auto rows = connection.Query(sql).Rows();
  if (rows.empty()) {
    return std::nullopt;
  }
  return Found{.line = std::get<std::int64_t>(rows[0].at(0)),
               .column = std::get<std::int64_t>(rows[0].at(1)),
               .value = TextOf(rows[0].at(2))};
}

std::string BadValueText(const std::string& file, const Schema& schema, const Found& found) {
  const Field& field = schema.fields[static_cast<std::size_t>(found.column)];
  return fmt::format("{}:{}: column '{}': '{}' is not {}", file, found.line, field.name,
                     Shown(found.value), ToText(field.type));
}

// "CASE WHEN <bad> THEN {'c': 0, 'v': x} … END": which column of a row is bad, and its text.
std::string FirstBadColumn(const Schema& schema, const std::vector<std::string>& values) {
  std::string cases;
  for (std::size_t column = 0; column < values.size(); ++column) {
    const Field& field = schema.fields[column];
    if (!field.type.IsNested()) {
      cases += fmt::format(" WHEN {} THEN {{'c': {}::BIGINT, 'v': CAST({} AS VARCHAR)}}",
                           BadCast(values[column], field.type), column, values[column]);
    }
  }
  return cases.empty() ? "NULL::STRUCT(c BIGINT, v VARCHAR)" : fmt::format("CASE{} END", cases);
}

std::string Between(const std::string& text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) {
    return "";
  }
  const std::size_t start = from + begin.size();
  const std::size_t stop = text.find(end, start);
  return text.substr(start, stop == std::string::npos ? stop : stop - start);
}

std::string ShortCsvError(const std::string& message) {
  const std::string line = Between(message, "CSV Error on Line: ", "\n");
  const std::string file = Between(message, "\n  file = ", "\n");
  const std::string original = Between(message, "Original Line: ", "\n");
  const std::string expected = Between(message, "Expected Number of Columns: ", " Found: ");
  const std::string found = Between(message, " Found: ", "\n");
  if (!expected.empty()) {
    return fmt::format("{}:{}: {} fields where the header has {}: {}", file, line, found, expected,
                       Shown(original));
  }
  std::string what = Between(message, "Original Line: " + original + "\n", "\n\n");
  what.erase(0, what.find_first_not_of('\n'));
  return fmt::format("{}:{}: {}", file, line, what.substr(0, what.find('\n')));
}

}  // namespace

std::string StrictCast(const std::string& value, const DataType& type) {
  const std::string cast = fmt::format("CAST({} AS {})", value, ToText(type));
  const std::string loses = LosesSql(value, type);
  return loses.empty() ? cast
                       : fmt::format("CASE WHEN {} THEN error('bad') ELSE {} END", loses, cast);
}

std::string BadCast(const std::string& value, const DataType& type) {
  const std::string loses = LosesSql(value, type);
  return fmt::format("({0} IS NOT NULL AND ({1}TRY_CAST({0} AS {2}) IS NULL))", value,
                     loses.empty() ? "" : loses + " OR ", ToText(type));
}

std::string LinesOf(const std::string& file) {
  return fmt::format(
      "(SELECT line, row_number() OVER () AS number FROM read_csv({}, auto_detect = false, header "
      "= false, delim = chr(1), quote = '', escape = '', columns = {{'line': "
      "'VARCHAR'}}, max_line_size = 16777216, buffer_size = 33554432))",
      sql::QuoteText(file));
}

std::optional<std::string> FindBadField(sql::Connection& connection, const std::string& file,
                                        const std::string& records, const Schema& schema) {
  std::vector<std::string> values;
  values.reserve(schema.fields.size());
  for (const Field& field : schema.fields) {
    values.push_back(sql::QuoteName(field.name));
  }
  // A record takes one line more for each line break in its fields; the header was line 1.
  const std::string text = fmt::format("concat({})", fmt::to_string(fmt::join(values, ", ")));
  const auto found = FirstOf(
      connection,
      fmt::format("SELECT line, bad.c, bad.v FROM (SELECT {} AS bad, 1 + sum(1 + length({}) - "
                  "length(replace({}, chr(10), ''))) OVER (ROWS UNBOUNDED PRECEDING)::BIGINT AS "
                  "line FROM ({})) WHERE bad IS NOT NULL ORDER BY line LIMIT 1",
                  FirstBadColumn(schema, values), text, text, records));
  return found ? std::optional(BadValueText(file, schema, *found)) : std::nullopt;
}

std::optional<std::string> FindBadJson(sql::Connection& connection, const std::string& file,
                                       const Schema& schema) {
  std::vector<std::string> values;
  values.reserve(schema.fields.size());
  for (const Field& field : schema.fields) {
    values.push_back(fmt::format("json_extract_string(json, {})", KeyPath(field.name)));
  }
  const auto found = FirstOf(
      connection,
      fmt::format(
          "SELECT number, coalesce(bad.c, -1), coalesce(bad.v, line) FROM (SELECT number, line, "
          "json_type(json) = 'OBJECT' AS valid, {} AS bad FROM (SELECT *, "
          "CASE WHEN json_valid(line) THEN line::JSON END AS json FROM {} WHERE trim(line) <> '')) "
          "WHERE NOT coalesce(valid, false) OR bad IS NOT NULL ORDER BY number LIMIT 1",
          FirstBadColumn(schema, values), LinesOf(file)));
  if (!found) {
    return std::nullopt;
  }
  return found->column >= 0
             ? BadValueText(file, schema, *found)
             : fmt::format("{}:{}: not a JSON object: {}", file, found->line, Shown(found->value));
}

std::optional<std::string> FindUnknownKey(sql::Connection& connection, const std::string& file,
                                          const Schema& schema) {
  const std::vector<std::string> names = schema.names();
  const auto found = FirstOf(
      connection,
      fmt::format("SELECT number, -1::BIGINT, unknown[1] FROM (SELECT number, list_filter("
                  "json_keys(line), lambda k: NOT list_contains({}, k)) AS unknown FROM {} WHERE "
                  "json_valid(line)) WHERE len(unknown) > 0 ORDER BY number LIMIT 1",
                  sql::QuoteTexts(names), LinesOf(file)));
  if (!found) {
    return std::nullopt;
  }
  return fmt::format("{}:{}: unknown field '{}'; the columns are {}{}", file, found->line,
                     found->value, fmt::to_string(fmt::join(names, ", ")),
                     DidYouMean(found->value, names));
}

std::string ShortFileError(const std::string& message) {
  if (message.find("CSV Error on Line: ") != std::string::npos) {
    return ShortCsvError(message);
  }
  const std::string file = Between(message, " in file \"", "\"");
  const std::string line = Between(message, "line ", ":");
  const std::string what = Between(message, fmt::format("line {}: ", line), "\n");
  return file.empty() || what.empty() ? message.substr(0, message.find('\n'))
                                      : fmt::format("{}:{}: {}", file, line, what);
}

}  // namespace weir::connectors
