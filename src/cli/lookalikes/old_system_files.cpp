#include "cli/lookalikes/old_system_files.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/lookalikes/result_cells.h"
#include "connectors/files/file_error.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

struct OldColumn {
  std::string name;
  std::string type;
  std::string allowed;  // what may stand there
  bool optional = false;
};

struct OldFile {
  std::string name;
  std::vector<OldColumn> columns;  // the first two say which row it is
};

const std::vector<OldFile>& OldFiles() {
  static const OldColumn kSegment{
      .name = "segment_id", .type = "BIGINT", .allowed = "a whole number"};
  static const std::vector<OldFile> kFiles = {
      {.name = "token_weights",
       .columns = {kSegment,
                   {.name = "token", .type = "VARCHAR", .allowed = "a text"},
                   {.name = "weight", .type = "DOUBLE", .allowed = "a finite number"}}},
      {.name = "scores",
       .columns = {kSegment,
                   {.name = "universal_id", .type = "VARCHAR", .allowed = "a text"},
                   {.name = "score", .type = "DOUBLE", .allowed = "a finite number"}}},
      {.name = "members",
       .columns = {
           kSegment,
           {.name = "dsp_user_id", .type = "VARCHAR", .allowed = "a text"},
           {.name = "value", .type = "DOUBLE", .allowed = "a finite number", .optional = true}}}};
  return kFiles;
}

std::optional<fs::path> FindFile(const fs::path& folder, const std::string& name) {
  std::vector<fs::path> found;
  for (const char* const suffix : {".tsv", ".tsv.gz", ".parquet"}) {
    if (fs::is_regular_file(folder / (name + suffix))) {
      found.push_back(folder / (name + suffix));
    }
  }
  if (found.size() > 1) {
    throw UserError("{}: {} and {} are both there; one is allowed", folder.string(),
                    found[0].filename().string(), found[1].filename().string());
  }
  return found.empty() ? std::nullopt : std::optional(found.front());
}

// One file's rows, checked.
class OldFileReader {
 public:
  OldFileReader(lake::QuerySession& session, const OldFile& file, fs::path path)
      : session_(session), file_(file), path_(std::move(path)) {}

  void Read() {
    Understandably([&] {
      if (path_.extension() == ".parquet") {
        ReadParquet();
      } else {
        ReadLines();
      }
    });
    CheckColumns();
    if (session_.Run("SELECT 1 FROM old_read LIMIT 1").Rows().empty()) {
      throw UserError("{}: it has no rows", path_.string());
    }
    for (const OldColumn& column : file_.columns) {
      CheckCells(column);
    }
    CheckRepeats();
    std::vector<std::string> columns;
    columns.reserve(file_.columns.size());
    for (const OldColumn& column : file_.columns) {
      columns.push_back(fmt::format("{} AS {}", Value(column), column.name));
    }
    session_.Run(fmt::format("CREATE OR REPLACE TEMP TABLE old_{} AS SELECT {} FROM old_read",
                             file_.name, fmt::join(columns, ", ")));
    session_.Run("DROP TABLE old_read");
  }

 private:
  // What DuckDB says of a file that it can't read tells of our SQL, too.
  template <typename Work>
  void Understandably(const Work& work) const {
    try {
      work();
    } catch (const CancelledError&) {
      throw;
    } catch (const std::runtime_error& error) {
      const std::string what = connectors::ShortFileError(error.what());
      throw UserError("{}", what.starts_with(path_.string())
                                ? what
                                : fmt::format("{}: it can't be read: {}", path_.string(), what));
    }
  }

  // `line` is the row, from 1.
  void ReadParquet() {
    session_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE old_read AS SELECT row_number() OVER () AS line, * FROM "
        "read_parquet({})",
        sql::QuoteText(path_.string())));
    for (const ResultRow& row :
         session_.Run("SELECT column_name FROM (DESCRIBE old_read) OFFSET 1").Rows()) {
      names_.push_back(TextAt(row, 0));
    }
  }

  // Fields between tabs, as they are; blank lines are passed over.
  void ReadLines() {
    session_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE old_lines AS SELECT number AS line, "
        "string_split(rtrim(line, chr(13)), chr(9)) AS fields FROM {} WHERE rtrim(line, chr(13)) "
        "<> ''",
        connectors::LinesOf(path_.string())));
    for (const ResultRow& row :
         session_.Run("SELECT line, unnest(fields) FROM (FROM old_lines ORDER BY line LIMIT 1)")
             .Rows()) {
      header_line_ = WholeAt(row, 0);
      names_.push_back(TextAt(row, 1));
    }
    CheckFields();
    std::vector<std::string> columns = {"line"};
    for (const OldColumn& column : file_.columns) {
      if (const auto name = std::ranges::find(names_, column.name); name != names_.end()) {
        columns.push_back(fmt::format("fields[{}] AS {}", name - names_.begin() + 1, column.name));
      }
    }
    session_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE old_read AS SELECT {} FROM old_lines WHERE line > {}",
        fmt::join(columns, ", "), header_line_));
    session_.Run("DROP TABLE old_lines");
  }

  void CheckFields() {
    for (const OldColumn& column : file_.columns) {
      if (std::ranges::count(names_, column.name) > 1) {
        throw UserError("{}:{}: {}: there are several such columns; one is allowed", path_.string(),
                        header_line_, column.name);
      }
    }
    for (const ResultRow& row :
         session_
             .Run(fmt::format("SELECT line, len(fields) FROM old_lines WHERE len(fields) <> {} "
                              "ORDER BY line LIMIT 1",
                              names_.size()))
             .Rows()) {
      throw UserError("{}:{}: found {} fields; {}, as in the first line, are allowed",
                      path_.string(), WholeAt(row, 0), WholeAt(row, 1), names_.size());
    }
  }

  bool Has(const OldColumn& column) const {
    return std::ranges::find(names_, column.name) != names_.end();
  }

  // As SQL, null for what isn't allowed; 0 where the file lacks an optional column.
  std::string Value(const OldColumn& column) const {
    if (!Has(column)) {
      return fmt::format("CAST(0 AS {})", column.type);
    }
    if (column.type == "VARCHAR") {
      return fmt::format("nullif(CAST({} AS VARCHAR), '')", column.name);
    }
    const std::string number = fmt::format("TRY_CAST({} AS {})", column.name, column.type);
    return column.type == "DOUBLE"
               ? fmt::format("CASE WHEN isfinite({0}) THEN {0} END", number)
               // A cast alone would round 1000.4 to the number of another segment.
               : fmt::format(
                     "CASE WHEN regexp_full_match(CAST({} AS VARCHAR), '[+-]?[0-9]+([.]0*)?') THEN "
                     "{} END",
                     column.name, number);
  }

  void CheckColumns() {
    for (const OldColumn& column : file_.columns) {
      if (!column.optional && !Has(column)) {
        throw UserError("{}:{}: {}: there is no such column; found {}", path_.string(),
                        header_line_, column.name, fmt::join(names_, ", "));
      }
    }
  }

  void CheckCells(const OldColumn& column) {
    if (!Has(column)) {
      return;
    }
    for (const ResultRow& row :
         session_
             .Run(fmt::format("SELECT line, coalesce(CAST({} AS VARCHAR), '') FROM old_read WHERE "
                              "{} IS NULL ORDER BY line LIMIT 1",
                              column.name, Value(column)))
             .Rows()) {
      throw UserError("{}:{}: {}: found '{}'; {} is allowed", path_.string(), WholeAt(row, 0),
                      column.name, TextAt(row, 1), column.allowed);
    }
  }

  void CheckRepeats() {
    const OldColumn& key = file_.columns[1];
    for (const ResultRow& row :
         session_
             .Run(fmt::format("SELECT line, segment_id, name FROM (SELECT line, CAST({0} AS "
                              "VARCHAR) AS segment_id, {1} AS name, row_number() OVER (PARTITION "
                              "BY {0}, {1} ORDER BY line) AS time FROM old_read) AS r WHERE time = "
                              "2 ORDER BY line LIMIT 1",
                              Value(file_.columns[0]), Value(key)))
             .Rows()) {
      throw UserError("{}:{}: {}: '{}' of segment {} stands there a second time; once is allowed",
                      path_.string(), WholeAt(row, 0), key.name, TextAt(row, 2), TextAt(row, 1));
    }
  }

  lake::QuerySession& session_;
  const OldFile& file_;
  fs::path path_;
  std::vector<std::string> names_;  // of the columns that are there
  std::int64_t header_line_ = 1;
};

void MakeEmpty(lake::QuerySession& session, const OldFile& file) {
  std::vector<std::string> columns;
  columns.reserve(file.columns.size());
  for (const OldColumn& column : file.columns) {
    columns.push_back(column.name + " " + column.type);
  }
  session.Run(
      fmt::format("CREATE OR REPLACE TEMP TABLE old_{} ({})", file.name, fmt::join(columns, ", ")));
}

// Which of the tables that were read have rows.
void NoteTables(lake::QuerySession& session, OldLookalikes& old) {
  const auto has_rows = [&](const char* table) {
    return std::get<std::int64_t>(
               session.Run(std::string("SELECT count(*) FROM ") + table).Cell()) > 0;
  };
  old.has_weights = has_rows("old_token_weights");
  old.has_scores = has_rows("old_scores");
  old.has_members = has_rows("old_members");
}

}  // namespace

OldLookalikes ReadOldFiles(lake::QuerySession& session, const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw UserError("--old: there is no folder {}", folder.string());
  }
  OldLookalikes old{.name = fs::weakly_canonical(folder).filename().string()};
  bool has_any = false;
  for (const OldFile& file : OldFiles()) {
    const auto path = FindFile(folder, file.name);
    has_any = has_any || path.has_value();
    if (path) {
      OldFileReader(session, file, *path).Read();
    } else {
      MakeEmpty(session, file);
    }
  }
  if (!has_any) {
    throw UserError(
        "{}: it has none of token_weights, scores and members, with .tsv, .tsv.gz or .parquet "
        "behind; at least one is needed",
        folder.string());
  }
  NoteTables(session, old);
  return old;
}

OldLookalikes ReadOldDay(lake::QuerySession& session, const std::string& region,
                         const std::string& day) {
  const std::string where =
      fmt::format("region = {} AND ds = {}", sql::QuoteText(region), sql::QuoteText(day));
  session.Run(
      "CREATE OR REPLACE TEMP TABLE old_token_weights AS SELECT segment_id, token, weight "
      "FROM metastore.lookalikes_token_weights WHERE " +
      where);
  session.Run(
      "CREATE OR REPLACE TEMP TABLE old_scores AS SELECT segment_id, universal_id, score "
      "FROM metastore.lookalikes_scored_segments WHERE " +
      where);
  session.Run(
      "CREATE OR REPLACE TEMP TABLE old_members AS SELECT segment_id, dsp_user_id, CAST(max(value) "
      "AS DOUBLE) AS value FROM metastore.segment_members WHERE " +
      where + " GROUP BY ALL");
  OldLookalikes old{.name = day};
  NoteTables(session, old);
  if (!old.has_weights && !old.has_scores && !old.has_members) {
    throw UserError("there are no lookalikes of {} on {}", region, day);
  }
  return old;
}

}  // namespace weir::cli
