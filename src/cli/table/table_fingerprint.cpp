#include <fmt/format.h>

#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "cli/units.h"
#include "lake/fingerprint.h"

namespace weir::cli {
namespace {

void PrintFingerprint(const Arguments& arguments, Services& services) {
  const OpenedTable table = OpenTable(services, arguments.Text("TABLE"));
  const lake::Fingerprint fingerprint =
      lake::FingerprintOf(table.warehouse, table.at(), arguments.Names("--without"));
  if (services.options().json) {
    PrintJson(services.out(), {{"table", table.folder.name},
                               {"version", table.snapshot.version},
                               {"rows", fingerprint.num_rows},
                               {"fingerprint", fingerprint.digits}});
    return;
  }
  services.out() << fmt::format("{} version {}, {} rows: {}\n", table.folder.name,
                                table.snapshot.version, FormatCount(fingerprint.num_rows),
                                fingerprint.digits);
}

}  // namespace

Command TableFingerprintCommand() {
  return {.name = "fingerprint",
          .group = "Look",
          .summary = "Print 32 hex digits that two tables share if they have the same rows.",
          .details =
              "They depend on the columns' names and the rows, not on the order of either nor\n"
              "on files, versions or programs. The digits are the last word of the output.",
          .examples =
              "weir table fingerprint sales.orders\n"
              "weir table fingerprint sales.orders@v3 --without loaded_at",
          .parameters = {TableParameter(true),
                         {.name = "--without",
                          .value = "COLUMNS",
                          .help = "columns that don't count, separated by commas"}},
          .run = PrintFingerprint};
}

}  // namespace weir::cli
