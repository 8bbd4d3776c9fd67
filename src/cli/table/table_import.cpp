#include "base/error.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "lake/import_files.h"

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

void Import(const Arguments& arguments, Services& services) {
  const lake::WriteRequest request = ImportRequestOf(arguments);
  const std::string name = arguments.Text("TABLE");
  lake::Warehouse& warehouse = services.WarehouseOf(name);
  const lake::TableFolder folder = warehouse.Resolve(name);
  PrintCommitted(
      services, folder,
      lake::ImportFiles(warehouse, folder, {.files = arguments.Texts("--from")}, request));
}

constexpr auto kImportDetails =
    "Makes the table if there is none. Columns are matched by name: one that the files lack is "
    "null\n"
    "(a merge keeps the old value), a new one is added, one of another type is refused.\n"
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
          "weir table import sales.clicks --from clicks.ndjson --mode replace --partition-by day",
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
           {.name = "--sort-by", .value = "COLUMNS", .help = "order of the rows within files"}},
      .run = Import,
  };
}

}  // namespace weir::cli
