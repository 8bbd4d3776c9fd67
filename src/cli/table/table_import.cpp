#include <optional>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "lake/import_files.h"
#include "lake/new_table.h"

namespace weir::cli {
namespace {

lake::WriteRequest ImportRequestOf(const Arguments& arguments) {
  lake::WriteRequest request;
  request.mode = lake::ParseWriteMode(arguments.OptionalText("--mode").value_or("append"));
  request.keys = arguments.Names("--keys");
  request.partition_by = arguments.Names("--partition-by");
  request.sort_by = arguments.Names("--sort-by");
  const bool merges = request.mode == lake::WriteMode::kMerge;
  if (merges && request.keys.empty()) {
    throw UsageError("'--mode merge' needs --keys: the columns that say which rows are the same");
  }
  if (!merges && !request.keys.empty()) {
    throw UsageError("--keys is for '--mode merge' only");
  }
  return request;
}

// One byte that can stand between fields; "\\t" is a tab.
std::optional<char> DelimiterOf(const Arguments& arguments) {
  const auto text = arguments.OptionalText("--delimiter");
  if (!text) {
    return std::nullopt;
  }
  const std::string letter = *text == "\\t" ? "\t" : *text;
  const bool is_ascii = letter.size() == 1 && static_cast<unsigned char>(letter[0]) < 0x80;
  if (!is_ascii || letter.find_first_of("\"\r\n") != std::string::npos || letter[0] == '\0') {
    throw UsageError(
        "'--delimiter' takes one character (ASCII, no quote and no line break; '\\t' is a tab), "
        "not '{}'",
        *text);
  }
  return letter[0];
}

// Rows that are appended to no table yet: of several who do so at once the first makes it, and the
// others append to it.
template <typename Import>
lake::Committed FirstAppend(const Import& import) {
  try {
    return import();
  } catch (const ConflictError& lost) {
    LogInfo("the table is there by now: {}", lost.what());
    return import();
  }
}

void Import(const Arguments& arguments, Services& services) {
  const lake::WriteRequest request = ImportRequestOf(arguments);
  const lake::ImportSource source{.files = arguments.Texts("--from"),
                                  .delimiter = DelimiterOf(arguments),
                                  .stop = services.stop()};
  const std::string name = arguments.Text("TABLE");
  lake::Warehouse& warehouse = services.WarehouseOf(name);
  const lake::TableFolder folder = warehouse.Resolve(name);
  const bool is_new = lake::LatestVersion(folder) < 0;
  lake::CheckUsersTable(folder);
  if (is_new && services.FindProject() != nullptr) {
    lake::CheckNoSchemasFolder(warehouse, folder);
  }
  const auto import = [&] { return lake::ImportFiles(warehouse, folder, source, request); };
  PrintCommitted(
      services, folder,
      is_new && request.mode == lake::WriteMode::kAppend ? FirstAppend(import) : import());
}

constexpr auto kImportDetails =
    "Makes the table if there is none. Columns are matched by name: one that the files lack is "
    "null\n"
    "(a merge keeps the old value), a new one is added, one of another type is refused, and so is "
    "a\n"
    "value of a text file that its column can't hold as it is. How a CSV file is written is not\n"
    "guessed: a header, commas (tabs in .tsv) or what --delimiter says, '\"' around fields; an "
    "empty\n"
    "field is null, \"\" is the empty text.\n"
    "Modes: append adds the rows; overwrite puts them in place of all rows; replace puts them in\n"
    "place of the partitions that they fall in; merge puts them in place of rows with the same "
    "keys.";

}  // namespace

Command TableImportCommand() {
  return {
      .name = "import",
      .group = "Change",
      .summary = "Load Parquet, CSV or NDJSON files into a table.",
      .details = kImportDetails,
      .examples =
          "weir table import sales.orders --from orders-1.parquet orders-2.parquet\n"
          "weir table import sales.orders --from day.csv --mode merge --keys order_id\n"
          "weir table import sales.clicks --from clicks.ndjson --mode replace --partition-by day\n"
          "weir table import sales.orders --from export.csv --delimiter ';'",
      .parameters =
          {TableParameter(false),
           {.name = "--from",
            .value = "FILE",
            .help = "files of one kind: .parquet, .csv, .tsv, .ndjson, .jsonl, .json; text also "
                    ".gz, .zst",
            .required = true,
            .many = true},
           {.name = "--mode",
            .value = "MODE",
            .help = "append, overwrite, replace or merge (default: append)",
            .choices = {"append", "overwrite", "replace", "merge"}},
           {.name = "--keys", .value = "COLUMNS", .help = "for merge: columns that identify a row"},
           {.name = "--partition-by",
            .value = "COLUMNS",
            .help = "for a new table: columns whose values get a folder each"},
           {.name = "--delimiter",
            .value = "C",
            .help = "of CSV files: the character between fields; '\\t' is a tab (default: ',', in "
                    ".tsv a tab)"},
           {.name = "--sort-by", .value = "COLUMNS", .help = "order of the rows within files"}},
      .run = Import,
  };
}

}  // namespace weir::cli
