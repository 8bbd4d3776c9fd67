#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <stop_token>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/byte_order_mark.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/services.h"
#include "cli/units.h"
#include "connectors/connector.h"
#include "data/schema.h"
#include "jobs/graph/views.h"
#include "jobs/ledger/ledger.h"
#include "lake/query.h"
#include "lake/read_failure.h"
#include "lake/table_references.h"
#include "operators/operator.h"
#include "project/project.h"
#include "sql/print_result.h"
#include "sql/split_statements.h"

namespace weir::cli {
namespace {

std::string ReadAll(std::istream& stream) {
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// All that comes on stdin. Throws CancelledError as soon as a stop is asked for.
std::string ReadStdin(const std::stop_token& stop) {
  constexpr int kLookAtStopMillis = 10;
  std::string text;
  std::array<char, 1 << 16> part{};
  while (!stop.stop_requested()) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (poll(&input, 1, kLookAtStopMillis) <= 0) {
      continue;
    }
    const ssize_t got = read(STDIN_FILENO, part.data(), part.size());
    if (got == 0) {
      return text;
    }
    if (got < 0 && errno != EINTR) {
      throw ExternalError("{}", SystemMessage("can't read stdin", errno));
    }
    text.append(part.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  throw CancelledError();
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text = ReadAll(file);
  if (!file.is_open() || file.bad()) {
    throw UserError("--file '{}': there is no such file, or it can't be read", path);
  }
  return text;
}

// Editors of Windows put a byte order mark before UTF-8.
std::string WithoutByteOrderMark(const std::string& text) {
  return text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
}

std::string SqlText(const Arguments& arguments, const std::stop_token& stop) {
  const auto sql = arguments.OptionalText("SQL");
  const auto file = arguments.OptionalText("--file");
  if (sql.has_value() == file.has_value()) {
    throw UsageError("'weir sql' needs SQL text, '--file FILE', or '-' to read it from stdin");
  }
  const bool from_stdin = (sql && *sql == "-") || (file && *file == "-");
  if (from_stdin) {
    return WithoutByteOrderMark(ReadStdin(stop));
  }
  return sql ? *sql : WithoutByteOrderMark(ReadFile(*file));
}

sql::OutputFormat FormatOf(const Arguments& arguments, bool json) {
  const std::string format = arguments.OptionalText("--format").value_or(json ? "json" : "table");
  if (format == "csv") {
    return sql::OutputFormat::kCsv;
  }
  return format == "json" ? sql::OutputFormat::kJson : sql::OutputFormat::kTable;
}

std::string FilesLine(const lake::FileSelection& selection) {
  const std::string schema = selection.view.schema == "main" ? "" : selection.view.schema + ".";
  return fmt::format("{}{} (version {}): {} of {} files\n", schema, selection.view.name,
                     selection.snapshot.version, FormatCount(std::ssize(selection.files)),
                     FormatCount(std::ssize(selection.snapshot.files)));
}

// Prints the rows of statements one after the other; as JSON those of one alone.
class StatementRunner {
 public:
  StatementRunner(lake::QuerySession& session, const Arguments& arguments, Services& services)
      : session_(session),
        services_(services),
        format_(FormatOf(arguments, services.options().json)),
        explains_files_(arguments.Has("--explain-files")) {}

  void Run(std::string_view statement) {
    try {
      Print(session_.Run(statement));
    } catch (const std::runtime_error& problem) {
      sql::Connection connection = services_.database().Connect();
      connection.SetStopToken(services_.stop());
      for (const lake::FileSelection& selection : session_.selections()) {
        lake::ThrowIfFileUnreadable(connection, selection.folder, selection.snapshot,
                                    selection.files, problem);
      }
      throw;
    }
  }

 private:
  void Print(sql::Result result) {
    if (explains_files_) {
      for (const lake::FileSelection& selection : session_.selections()) {
        std::cerr << FilesLine(selection);
      }
    }
    if (!sql::GivesRows(result)) {
      result.Rows();  // to its end
      return;
    }
    if (std::exchange(has_printed_, true) && format_ == sql::OutputFormat::kJson) {
      throw UserError(
          "JSON is one document, the rows of one statement; another gives rows, too: run it by a "
          "'weir sql' of its own, or make one SELECT of both");
    }
    sql::PrintResult(result, format_, services_.out());
  }

  lake::QuerySession& session_;
  Services& services_;
  sql::OutputFormat format_;
  bool explains_files_;
  bool has_printed_ = false;
};

// Whether the SQL names a table of the ledger, in any spelling.
bool NamesLedgerTable(std::string_view sql) {
  return std::ranges::any_of(lake::PossibleTables(sql), [](const lake::TableReference& table) {
    return SameName(table.schema, "weir");
  });
}

// The ledger keeps ended runs as objects until there are a thousand; whoever asks for its tables
// wants them all.
void FillLedgerTables(Services& services) {
  if (services.FindProject() != nullptr) {
    services.ledger().Compact(1);
  }
}

// The views of the project, if there is one, for this SQL; some may read the ledger's tables, which
// are there without rows as long as nothing has ended.
lake::QuerySession::Views ViewsFor(std::string_view sql, Services& services) {
  if (services.FindProject() == nullptr) {
    return {};
  }
  const project::Project project = project::LoadProject(
      services.project().folder, {.environment = services.options().environment,
                                  .operators = operators::BuiltinOperators().names(),
                                  .connectors = connectors::BuiltinConnectors().names()});
  lake::QuerySession::Views views;
  for (auto& [name, view] : jobs::ProjectViews(project)) {
    views[name] = view.sql;
  }
  const bool some_name_ledger =
      std::ranges::any_of(views, [](const auto& view) { return NamesLedgerTable(view.second); });
  if (some_name_ledger || NamesLedgerTable(sql)) {
    FillLedgerTables(services);
    views.merge(jobs::EmptyLedgerTables());
  }
  return views;
}

void RunSql(const Arguments& arguments, Services& services) {
  const std::string sql = SqlText(arguments, services.stop());
  sql::CheckWhole(sql);
  if (NamesLedgerTable(sql)) {
    FillLedgerTables(services);
  }
  lake::QuerySession session(services.database(), services.FindWarehouse());
  session.SetStopToken(services.stop());
  if (lake::Warehouse* other = services.other_warehouse()) {
    session.AlsoRead(*other);
  }
  session.SetViews([&] { return ViewsFor(sql, services); });
  StatementRunner runner(session, arguments, services);
  for (const std::string_view statement : sql::SplitStatements(sql)) {
    if (!lake::IsBlank(statement)) {
      runner.Run(statement);
    }
  }
}

constexpr auto kDetails =
    "Tables of the warehouse are 'schema.table'; any folder with a Delta table is read by its "
    "path\n"
    "in quotes. 'schema.table@v12' is the table as of version 12, 'schema.table@2026-01-01' as of\n"
    "that time (UTC; with hours: @'2026-01-01T10:00'). Several statements are separated by ';' "
    "and\n"
    "each prints its rows; as JSON, which is one document, only one of them may have rows. The\n"
    "dialect is DuckDB's. Tables can be read here, not written. Runs and what their checks found "
    "are\n"
    "the tables weir.runs and weir.checks; views of the project's jobs are read like tables. An\n"
    "environment with 'read_from' reads there what it has no table of.";

}  // namespace

Command SqlCommand() {
  return {
      .name = "sql",
      .group = "Tables and SQL",
      .summary = "Run SQL over the warehouse's tables, and over files.",
      .details = kDetails,
      .examples =
          "weir sql \"SELECT region, count(*) FROM sales.orders GROUP BY ALL\"\n"
          "weir sql \"FROM sales.orders@v12 LIMIT 10\" --format csv\n"
          "weir sql \"SELECT count(*) FROM '/data/lake/sales/orders'\"\n"
          "weir sql --file report.sql --json | jq .\n"
          "echo 'SELECT 42' | weir sql -",
      .parameters = {{.name = "SQL", .help = "the statements; '-' reads them from stdin"},
                     {.name = "--file", .value = "FILE", .help = "read the statements from a file"},
                     {.name = "--format",
                      .value = "FORMAT",
                      .help = "how rows are printed: table, csv or json (default: table)",
                      .choices = {"table", "csv", "json"}},
                     {.name = "--explain-files",
                      .help = "say on stderr how many files of each table have to be opened"}},
      .run = RunSql,
  };
}

}  // namespace weir::cli
