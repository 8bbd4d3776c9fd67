#include "lake/query.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/log.h"
#include "lake/scan.h"
#include "lake/sql_tokens.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

// Whether the statement lists tables, so that all must be there.
bool ReadsCatalogue(std::string_view statement) {
  static const std::vector<std::string_view> kWords = {
      "INFORMATION_SCHEMA", "DUCKDB_TABLES", "DUCKDB_VIEWS", "DUCKDB_COLUMNS",
      "PG_CATALOG",         "PG_TABLES",     "PG_VIEWS",     "SQLITE_MASTER"};
  const std::vector<SqlToken> tokens = SqlTokens(statement);
  const bool shows = !tokens.empty() && tokens.front().IsWord("SHOW");
  return shows ||
         std::ranges::any_of(tokens, [](const SqlToken& token) { return token.IsOneOf(kWords); });
}

bool IsShowTables(std::string_view statement) {
  std::vector<SqlToken> tokens = SqlTokens(statement);
  if (!tokens.empty() && tokens.back().IsSymbol(';')) {
    tokens.pop_back();
  }
  return tokens.size() == 2 && tokens[0].IsWord("SHOW") && tokens[1].IsWord("TABLES");
}

// DuckDB's SHOW TABLES knows one schema only.
constexpr auto kShowTables =
    "SELECT if(schema_name = 'main', '', schema_name || '.') || name AS name FROM ("
    "SELECT schema_name, view_name AS name FROM duckdb_views() WHERE NOT internal UNION ALL "
    "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal) ORDER BY ALL";

// Whether later statements may read tables through what this one defines.
bool Defines(std::string_view statement) {
  const std::vector<SqlToken> tokens = SqlTokens(statement);
  if (tokens.empty() || !tokens.front().IsOneOf({"CREATE", "PREPARE"})) {
    return false;
  }
  return tokens.front().IsWord("PREPARE") || std::ranges::any_of(tokens, [](const SqlToken& token) {
           return token.IsOneOf({"VIEW", "MACRO", "FUNCTION"});
         });
}

std::string Spelled(const TableReference& reference) {
  return reference.schema.empty() ? reference.name : reference.schema + "." + reference.name;
}

std::string QualifiedName(const TableReference& view) {
  return sql::QuoteName(view.schema) + "." + sql::QuoteName(view.name);
}

std::string ScanOf(const FileSelection& selection) {
  const bool whole = selection.files.size() == selection.snapshot.files.size();
  return whole ? ScanSql(selection.folder, selection.snapshot)
               : ScanSql(selection.folder, selection.snapshot, selection.files);
}

// The warehouse's tables, without those that can't be opened or that SQL can't tell from another,
// so that one of them hides no other; a warning says which.
std::vector<TableReference> ListableTables(QueryTables& tables) {
  std::vector<TableReference> listable;
  std::set<std::string> names;
  for (TableReference& table : tables.All()) {
    try {
      tables.Open({table});
      if (names.insert(LowerCase(Spelled(table))).second) {
        listable.push_back(std::move(table));
      } else {
        LogWarning("{} isn't listed: another table's name differs in letter case only",
                   Spelled(table));
      }
    } catch (const UserError& problem) {
      LogWarning("{} isn't listed, as it can't be opened: {}", Spelled(table), problem.what());
    }
  }
  return listable;
}

// "schema.name@" where a version should follow and something else does.
std::optional<std::string> WrongVersion(std::string_view statement) {
  const std::vector<SqlToken> tokens = SqlTokens(statement);
  for (std::size_t i = 2; i + 1 < tokens.size(); ++i) {
    const bool is_table =
        tokens[i - 2].IsName() && tokens[i - 1].IsSymbol('.') && tokens[i].IsName();
    if (is_table && tokens[i + 1].IsSymbol('@') && tokens[i + 1].begin == tokens[i].end()) {
      return fmt::format("{}.{}@", tokens[i - 2].text, tokens[i].text);
    }
  }
  return std::nullopt;
}

}  // namespace

QuerySession::QuerySession(sql::Database& database, Warehouse* warehouse, std::string catalog)
    : catalog_(std::move(catalog)), connection_(database.Connect()), tables_(database, warehouse) {
  connection_.Run(fmt::format("ATTACH ':memory:' AS {0}; USE {0}", sql::QuoteName(catalog_)));
}

QuerySession::~QuerySession() {
  try {
    connection_.SetStopToken({});
    connection_.Run(fmt::format("USE memory; DETACH {}", sql::QuoteName(catalog_)));
  } catch (const std::exception& problem) {
    LogDebug("the views of a session stay until the program ends: {}", problem.what());
  }
}

void QuerySession::SetStopToken(std::stop_token token) {
  connection_.SetStopToken(std::move(token));
}

sql::Result QuerySession::Run(std::string_view statement) {
  RefuseWrite(statement);
  const std::string sql = IsShowTables(statement) ? kShowTables : QuoteVersions(statement);
  has_definitions_ = has_definitions_ || Defines(sql);
  OpenTables(sql);
  if (!has_definitions_) {
    std::vector<std::string> views;
    std::ranges::transform(used_views_, std::back_inserter(views),
                           [this](const TableReference& view) { return ViewSql(view); });
    selector_.Narrow(InnerSelect(sql), selections_, views);
  }
  MakeViews();
  try {
    return connection_.Query(sql);
  } catch (const UserError& problem) {
    if (const auto table = WrongVersion(statement)) {
      ThrowWrongVersion(*table + "…");
    }
    const std::string message = QuoteLineAsWritten(problem.what(), statement);
    ExplainUnknownTable(message);
    if (message == problem.what()) {
      throw;
    }
    throw UserError("{}", message);
  }
}

void QuerySession::RefuseWrite(std::string_view statement) {
  const auto table = WrittenTable(statement);
  if (table && !table->schema.empty() && !HasSchema(table->schema)) {
    throw UserError(
        "SQL can't write to '{0}': tables of the warehouse are written by jobs, or from files by "
        "'weir table import {0} --from FILE --mode append'; temporary tables have no schema: "
        "CREATE TEMP TABLE {1}",
        Spelled(*table), table->name);
  }
}

bool QuerySession::HasSchema(const std::string& name) {
  const std::array<sql::Value, 2> parameters{name, catalog_};
  return connection_.QueryInteger(
             "SELECT count(*) FROM (SELECT database_name AS name FROM duckdb_databases() UNION ALL "
             "SELECT schema_name FROM duckdb_schemas() WHERE internal) "
             "WHERE lower(name) = lower($1) AND name <> $2",
             parameters) > 0;
}

bool QuerySession::HasTable(const std::string& name) {
  const std::array<sql::Value, 1> parameters{name};
  return connection_.QueryInteger(
             "SELECT count(*) FROM duckdb_tables() WHERE lower(table_name) = lower($1)",
             parameters) > 0;
}

std::vector<TableReference> QuerySession::ReferencesIn(const std::string& sql) {
  try {
    std::vector<TableReference> references;
    for (const std::string& name : connection_.TableNames(InnerSelect(sql))) {
      if (auto reference = ParseTableName(name)) {
        references.push_back(std::move(*reference));
      }
    }
    return references;
  } catch (const UserError&) {  // not a statement that can be taken apart, or a mistake in it
    return PossibleTables(sql);
  }
}

void QuerySession::OpenTables(const std::string& sql) {
  std::vector<TableReference> references = ReferencesIn(sql);
  std::erase_if(references, [this](const TableReference& reference) {
    return reference.schema.empty() && HasTable(reference.name);
  });
  earlier_.insert(references.begin(), references.end());
  if (has_definitions_) {
    references.assign(earlier_.begin(), earlier_.end());
  }
  if (!ReadsCatalogue(sql)) {
    Open(std::move(references));
    return;
  }
  const std::vector<TableReference> asked = references;
  std::ranges::move(AllViews(), std::back_inserter(references));
  const auto open_with = [&](std::vector<TableReference> tables) {
    tables.insert(tables.end(), references.begin(), references.end());
    Open(std::move(tables));
  };
  try {
    open_with(tables_.All());
  } catch (const UserError& problem) {
    LogDebug("not all tables can be listed: {}", problem.what());
    open_with(ListableTables(tables_));
  }
  DropViewsWithoutTables(asked);
}

std::vector<TableReference> QuerySession::AllViews() {
  std::vector<TableReference> all;
  try {
    views_ = views_ || !find_views_ ? views_ : find_views_();
  } catch (const UserError& problem) {  // tables can be listed whatever is wrong with the project
    LogDebug("views aren't listed: {}", problem.what());
  }
  for (const auto& [name, sql] : views_.value_or(Views())) {
    if (auto view = ParseTableName(name)) {
      all.push_back(std::move(*view));
    }
  }
  return all;
}

void QuerySession::DropViewsWithoutTables(const std::vector<TableReference>& asked) {
  std::set<TableReference> gone(missing_.begin(), missing_.end());
  std::erase_if(used_views_, [&](const TableReference& view) {
    const auto reads = ReferencesIn(views_->at(Spelled(view)));
    const bool lacks =
        std::ranges::any_of(reads, [&](const TableReference& read) { return gone.contains(read); });
    const bool goes = lacks && std::ranges::find(asked, view) == asked.end();
    if (goes) {
      gone.insert(view);
    }
    return goes;
  });
}

void QuerySession::Open(std::vector<TableReference> references) {
  used_views_.clear();
  FoundTables found = tables_.Open(references);
  const bool names_other = std::ranges::any_of(
      found.missing, [](const TableReference& reference) { return !reference.schema.empty(); });
  if (names_other && find_views_) {
    if (!views_) {
      views_ = find_views_();
    }
    for (const TableReference& reference : found.missing) {
      AddView(reference, references);
    }
    if (!used_views_.empty()) {
      found = tables_.Open(references);
      std::erase_if(found.missing, [this](const TableReference& reference) {
        return std::ranges::find(used_views_, reference) != used_views_.end();
      });
    }
  }
  selections_ = std::move(found.tables);
  missing_ = std::move(found.missing);
}

void QuerySession::AddView(const TableReference& reference, std::vector<TableReference>& tables) {
  assert(views_);
  const auto view = views_->find(Spelled(reference));
  if (view == views_->end()) {
    tables.push_back(reference);
    return;
  }
  for (const TableReference& read : ReferencesIn(view->second)) {
    if (std::ranges::find(used_views_, read) == used_views_.end()) {
      AddView(read, tables);
    }
  }
  used_views_.push_back(reference);
}

void QuerySession::MakeViews() {
  for (const FileSelection& selection : selections_) {
    LogDebug("{}: {} of {} files", Spelled(selection.view), selection.files.size(),
             selection.snapshot.files.size());
    connection_.Run(fmt::format("CREATE SCHEMA IF NOT EXISTS {}; CREATE OR REPLACE VIEW {} AS {}",
                                sql::QuoteName(selection.view.schema),
                                QualifiedName(selection.view), ScanOf(selection)));
  }
  for (const TableReference& view : used_views_) {
    RequireTablesOf(view);
    connection_.Run(ViewSql(view));
  }
}

// Else DuckDB says that there is no such table, as if the statement named it.
void QuerySession::RequireTablesOf(const TableReference& view) {
  if (missing_.empty()) {
    return;
  }
  const std::vector<TableReference> reads = ReferencesIn(views_->at(Spelled(view)));
  const auto missing = std::ranges::find_first_of(reads, missing_);
  if (missing != reads.end() && !missing->schema.empty()) {
    throw UserError("view '{}' reads '{}', and there is no such table yet", Spelled(view),
                    Spelled(*missing));
  }
}

std::string QuerySession::ViewSql(const TableReference& view) const {
  assert(views_);
  return fmt::format("CREATE SCHEMA IF NOT EXISTS {}; CREATE OR REPLACE VIEW {} AS {}",
                     sql::QuoteName(view.schema), QualifiedName(view), views_->at(Spelled(view)));
}

void QuerySession::ExplainUnknownTable(std::string_view message) {
  if (!message.starts_with("Catalog Error: Table with name")) {
    return;
  }
  const std::string_view first_line = message.substr(0, message.find('\n'));
  for (const TableReference& missing : missing_) {
    if (first_line.find(missing.name) != std::string_view::npos) {
      if (!missing.schema.empty() && missing.name.find('@') != std::string::npos) {
        ThrowWrongVersion(Spelled(missing));
      }
      const auto place = message.find("\n\nLINE ");
      throw UserError("unknown table '{}'{}{}", Spelled(missing), tables_.Suggestion(missing),
                      place == std::string_view::npos ? "" : message.substr(place));
    }
  }
}

}  // namespace weir::lake
