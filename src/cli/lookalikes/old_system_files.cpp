#include "cli/lookalikes/old_system_files.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/lookalikes/result_cells.h"
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
    const bool is_parquet = path_.extension() == ".parquet";
    // The line of a text, the row of a Parquet file.
    session_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE old_read AS SELECT row_number() OVER () + {} AS line, * FROM "
        "{}",
        is_parquet ? 0 : 1,
        is_parquet
            ? fmt::format("read_parquet({})", sql::QuoteText(path_.string()))
            : fmt::format("read_csv({}, delim = '\t', header = true, all_varchar = true, quote = "
                          "'', escape = '', parallel = false)",
                          sql::QuoteText(path_.string()))));
    CheckColumns();
    if (session_.Run("SELECT 1 FROM old_read LIMIT 1").Rows().empty()) {
      throw UserError("{}: it has no rows", path_.string());
    }
    for (const OldColumn& column : file_.columns) {
      CheckCells(column);
    }
    CheckRepeats();
    std::vector<std::string> columns;
    for (const OldColumn& column : file_.columns) {
      columns.push_back(fmt::format("{} AS {}", Value(column), column.name));
    }
    session_.Run(fmt::format("CREATE OR REPLACE TEMP TABLE old_{} AS SELECT {} FROM old_read",
                             file_.name, fmt::join(columns, ", ")));
    session_.Run("DROP TABLE old_read");
  }

 private:
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
    return column.type == "DOUBLE" ? fmt::format("CASE WHEN isfinite({0}) THEN {0} END", number)
                                   : number;
  }

  void CheckColumns() {
    for (const ResultRow& row :
         session_.Run("SELECT column_name FROM (DESCRIBE old_read)").Rows()) {
      names_.push_back(TextAt(row, 0));
    }
    for (const OldColumn& column : file_.columns) {
      if (!column.optional && !Has(column)) {
        names_.erase(names_.begin());
        throw UserError("{}:1: {}: there is no such column; found {}", path_.string(), column.name,
                        fmt::join(names_, ", "));
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
  std::vector<std::string> names_;
};

void MakeEmpty(lake::QuerySession& session, const OldFile& file) {
  std::vector<std::string> columns;
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
