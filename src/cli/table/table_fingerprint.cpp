#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "cli/units.h"
#include "lake/fingerprint.h"

namespace weir::cli {
namespace {

struct Fingerprinted {
  std::string table;
  std::int64_t version = 0;
  lake::Fingerprint fingerprint;

  nlohmann::json Json() const {
    return {{"table", table},
            {"version", version},
            {"rows", fingerprint.num_rows},
            {"fingerprint", fingerprint.digits}};
  }
};

Fingerprinted FingerprintOf(const OpenedTable& table, const std::vector<std::string>& without) {
  return {.table = table.folder.name,
          .version = table.snapshot.version,
          .fingerprint = lake::FingerprintOf(table.warehouse, table.at(), without)};
}

void PrintFingerprints(const Arguments& arguments, Services& services) {
  auto tables = nlohmann::json::array();
  for (const OpenedTable& table : OpenTables(services, arguments.Texts("TABLE"))) {
    const Fingerprinted found = FingerprintOf(table, arguments.Names("--without"));
    if (services.options().json) {
      tables.push_back(found.Json());
      continue;
    }
    services.out() << fmt::format("{} version {}, {} rows: {}\n", found.table, found.version,
                                  FormatCount(found.fingerprint.num_rows),
                                  found.fingerprint.digits);
  }
  if (services.options().json) {
    PrintJson(services.out(), tables.size() == 1 ? tables[0] : nlohmann::json{{"tables", tables}});
  }
}

Parameter Tables() {
  Parameter tables = TableParameter(true);
  tables.many = true;
  return tables;
}

}  // namespace

Command TableFingerprintCommand() {
  return {.name = "fingerprint",
          .group = "Look",
          .summary = "Print 32 hex digits that two tables share if they have the same rows.",
          .details =
              "They depend on the columns' names and the rows, not on the order of either nor\n"
              "on files, versions or programs. The digits are the last word of each table's line.",
          .examples =
              "weir table fingerprint sales.orders\n"
              "weir table fingerprint sales.orders@v3 sales.orders --without loaded_at",
          .parameters = {Tables(),
                         {.name = "--without",
                          .value = "COLUMNS",
                          .help = "columns that don't count, separated by commas"}},
          .run = PrintFingerprints};
}

}  // namespace weir::cli
