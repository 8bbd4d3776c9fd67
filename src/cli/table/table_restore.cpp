#include "base/clock.h"
#include "base/error.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "lake/restore.h"

namespace weir::cli {
namespace {

lake::VersionChoice ChoiceOf(const Arguments& arguments) {
  const auto version = arguments.Integer("--version", 0);
  const auto text = arguments.OptionalText("--at");
  if (version.has_value() == text.has_value()) {
    throw UsageError("'weir table restore' needs one of --version N and --at TIME");
  }
  if (version) {
    return {.version = version, .as_of = {}};
  }
  const auto time = ParseTimestamp(*text);
  if (!time) {
    throw UsageError("--at '{}': a time such as 2026-01-01 or 2026-01-01T10:00 is needed, in UTC",
                     *text);
  }
  return {.version = {}, .as_of = time};
}

void Restore(const Arguments& arguments, Services& services) {
  const lake::VersionChoice choice = ChoiceOf(arguments);
  const NamedTable table = FindTable(services, arguments.Text("TABLE"));
  PrintCommitted(services, table.folder,
                 lake::RestoreTable(table.warehouse, table.folder, {.to = choice, .origin = {}}));
}

}  // namespace

Command TableRestoreCommand() {
  return {.name = "restore",
          .group = "Change",
          .summary = "Make a table what it was, as a new version.",
          .details =
              "Works as long as the old version's files are there: 7 days after they were\n"
              "removed, unless the table or a vacuum says otherwise.",
          .examples =
              "weir table restore sales.orders --version 12\n"
              "weir table restore sales.orders --at 2026-01-01T10:00",
          .parameters = {TableParameter(false),
                         {.name = "--version", .value = "N", .help = "the version to go back to"},
                         {.name = "--at",
                          .value = "TIME",
                          .help = "the newest version not later than this, in UTC"}},
          .run = Restore};
}

}  // namespace weir::cli
