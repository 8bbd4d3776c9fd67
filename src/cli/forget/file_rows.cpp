#include "cli/forget/file_rows.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "connectors/files/file_error.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kIdentifierHeader = "identifier,add,remove";

const char* CompressionOf(const std::string& path) {
  if (EndsInOneOf(path, {".gz"})) {
    return "gzip";
  }
  return EndsInOneOf(path, {".zst"}) ? "zstd" : "none";
}

// Of whole lines; with a header the column's name is the first.
std::string FormatOfLines(const std::string& path, bool has_header) {
  return fmt::format("FORMAT csv, HEADER {}, DELIMITER '\t', QUOTE '', ESCAPE '', COMPRESSION {}",
                     has_header, CompressionOf(path));
}

std::optional<FileRows> ParquetRows(const std::string& path, const ScratchIds& ids,
                                    sql::Connection& connection) {
  const std::string file =
      fmt::format("read_parquet({}, hive_partitioning = false)", sql::QuoteText(path));
  const auto rows = FindPersonalRows(connection.Describe("FROM " + file), ids);
  if (!rows || !rows->rest.empty()) {
    return std::nullopt;
  }
  return FileRows{.all = file,
                  .where = rows->where,
                  .rest = fmt::format("SELECT * FROM {} WHERE NOT {}", file, rows->where),
                  .format = "FORMAT parquet, COMPRESSION zstd",
                  .found = rows->where};
}

std::string FirstLine(const std::string& path, sql::Connection& connection) {
  const auto rows = connection
                        .Query(fmt::format("SELECT line FROM {} WHERE number = 1 AND line IS NOT "
                                           "NULL",
                                           connectors::LinesOf(path)))
                        .Rows();
  return rows.empty() ? "" : std::get<std::string>(rows.front().at(0));
}

std::string IsId(const std::string& value, const ScratchIds& ids) {
  return fmt::format("coalesce({} IN (SELECT user_id FROM {}), false)", value, ids.ids());
}

// Files don't say whose DSP's ids they have.
std::string IsDspId(const std::string& value, const ScratchIds& ids) {
  return fmt::format("coalesce({}, false)", ids.IsUser(value, ""));
}

// The field of a line of tabs, or cell of a line of CSV, from 1. A cell of several lines isn't
// found.
std::string FieldSql(std::size_t number, char separator) {
  if (separator == '\t') {
    return fmt::format("split_part(line, chr(9), {})", number);
  }
  constexpr auto kCell = R"((?:"(?:[^"]|"")*"|[^",]*))";
  const std::string cell =
      fmt::format("regexp_extract(line, {}, 1)",
                  sql::QuoteText(fmt::format("^(?:{},){{{}}}({})", kCell, number - 1, kCell)));
  return fmt::format("CASE WHEN {0} LIKE '\"%' THEN replace({0}[2:-2], '\"\"', '\"') ELSE {0} END",
                     cell);
}

// A column that has ids, as SQL.
struct IdField {
  std::string value;
  bool of_dsp = false;
};

// The columns that have ids by the first line's names; empty if there are none.
std::vector<IdField> IdFields(std::string_view header) {
  // By name, and whether a DSP's ids stand there.
  constexpr std::array<std::pair<std::string_view, bool>, 4> kNames = {
      {{"user_id", false}, {"dsp_user_id", true}, {"identifier", true}, {"uid", false}}};
  const char separator = header.find('\t') == std::string_view::npos ? ',' : '\t';
  std::vector<IdField> fields;
  for (std::size_t number = 1; !header.empty(); ++number) {
    const std::size_t end = std::min(header.find(separator), header.size());
    std::string_view name = Trimmed(header.substr(0, end));
    if (name.size() > 1 && name.starts_with('"') && name.ends_with('"')) {
      name = name.substr(1, name.size() - 2);
    }
    const auto* const known =
        std::ranges::find(kNames, name, &std::pair<std::string_view, bool>::first);
    if (known != kNames.end()) {
      fields.push_back({.value = FieldSql(number, separator), .of_dsp = known->second});
    }
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return fields;
}

std::string ForeignLines(const std::string& path, const ScratchIds& ids,
                         sql::Connection& connection) {
  std::string where = ids.patterns().Condition(TextKind::kForeignLine, "line");
  for (const IdField& field : IdFields(FirstLine(path, connection))) {
    where += " OR " + (field.of_dsp ? IsDspId(field.value, ids) : IsId(field.value, ids));
  }
  return fmt::format("({})", where);
}

FileRows LineRows(const std::string& path, const std::string& where) {
  const std::string lines = connectors::LinesOf(path);
  return {.all = lines,
          .where = where,
          .rest = fmt::format("SELECT line FROM {} WHERE NOT {} ORDER BY number", lines, where),
          .format = FormatOfLines(path, false),
          .found = where};
}

// Whoever fetches the file is told to take people out, and isn't told to put them in.
// Rows of others are written as they were: cells are quoted as csv_row.h does.
FileRows IdentifierRows(const std::string& path, const ScratchIds& ids) {
  const std::string file = fmt::format(
      "read_csv({}, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', "
      "columns = {{'identifier': 'VARCHAR', 'add': 'VARCHAR', 'remove': 'VARCHAR'}}, max_line_size "
      "= 16777216, buffer_size = 33554432)",
      sql::QuoteText(path));
  const std::string is_id = IsDspId("identifier", ids);
  constexpr auto kCell =
      R"(CASE WHEN regexp_matches(identifier, '[,"\r\n]') THEN concat('"', replace(identifier, '"', '""'), '"') ELSE identifier END)";
  return {.all = file,
          .where = fmt::format("({} AND (\"add\" IS NOT NULL OR \"remove\" IS NULL))", is_id),
          .rest = fmt::format("SELECT concat({}, ',', CASE WHEN {} THEN '' ELSE coalesce(\"add\", "
                              "'') END, ',', coalesce(\"remove\", '')) AS {} FROM {} WHERE NOT ({} "
                              "AND \"remove\" IS NULL)",
                              kCell, is_id, sql::QuoteName(kIdentifierHeader), file, is_id),
          .format = FormatOfLines(path, true),
          .found = is_id,
          .stays = fmt::format("({} AND \"remove\" IS NOT NULL)", is_id)};
}

}  // namespace

bool EndsInOneOf(const std::string& path, std::initializer_list<std::string_view> suffixes) {
  return std::ranges::any_of(suffixes,
                             [&](std::string_view suffix) { return path.ends_with(suffix); });
}

FileRows LineRowsOf(const std::string& path, const ScratchIds& ids, sql::Connection& connection) {
  return LineRows(path, ForeignLines(path, ids, connection));
}

std::optional<FileRows> FileRowsOf(const std::string& path, connectors::NamedPeople people,
                                   const ScratchIds& ids, sql::Connection& connection) {
  if (EndsInOneOf(path, {".parquet"})) {
    return ParquetRows(path, ids, connection);
  }
  if (!EndsInOneOf(path, {".gz", ".zst", ".tsv", ".csv", ".ndjson", ".jsonl", ".txt"})) {
    return std::nullopt;
  }
  using connectors::NamedPeople;
  if (people == NamedPeople::kByFirstField) {
    return LineRows(path, IsDspId(FieldSql(1, '\t'), ids));
  }
  if (people == NamedPeople::kByIdentifier && FirstLine(path, connection) == kIdentifierHeader) {
    return IdentifierRows(path, ids);
  }
  return LineRowsOf(path, ids, connection);
}

}  // namespace weir::cli
