#include <fmt/format.h>

#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "cli/units.h"
#include "lake/vacuum.h"

namespace weir::cli {
namespace {

lake::VacuumRequest RequestOf(const Arguments& arguments) {
  lake::VacuumRequest request;
  if (const auto retention = arguments.OptionalText("--retention")) {
    request.retention = ParseDuration("--retention", *retention);
  }
  request.allow_short = arguments.Has("--allow-short-retention");
  request.dry_run = arguments.Has("--dry-run");
  return request;
}

Json ReportJson(const lake::TableFolder& folder, const lake::VacuumReport& report, bool dry_run) {
  Json files = Json::array();
  for (const storage::ObjectInfo& object : report.deleted) {
    files.push_back({{"path", object.key}, {"bytes", object.size}});
  }
  return {{"table", folder.name}, {"dry_run", dry_run}, {"files", files}, {"bytes", report.bytes}};
}

void Vacuum(const Arguments& arguments, Services& services) {
  const lake::VacuumRequest request = RequestOf(arguments);
  const NamedTable table = FindTable(services, arguments.Text("TABLE"));
  const lake::VacuumReport report = lake::VacuumTable(table.warehouse, table.folder, request);
  if (services.options().json) {
    PrintJson(services.out(), ReportJson(table.folder, report, request.dry_run));
    return;
  }
  if (request.dry_run) {
    for (const storage::ObjectInfo& object : report.deleted) {
      services.out() << object.key << "\n";
    }
  }
  services.out() << fmt::format("{}: {} files, {} {}\n", table.folder.name,
                                FormatCount(std::ssize(report.deleted)), FormatSize(report.bytes),
                                request.dry_run ? "would be deleted" : "deleted");
}

}  // namespace

Command TableVacuumCommand() {
  return {
      .name = "vacuum",
      .group = "Maintain",
      .summary = "Delete files that no version of the last days needs.",
      .details =
          "Files that commits removed and files that writers left unfinished go once they are\n"
          "older than the retention; versions that need them can't be read any more.",
      .examples =
          "weir table vacuum sales.orders --dry-run\n"
          "weir table vacuum sales.orders --retention 14d",
      .parameters =
          {TableParameter(false),
           {.name = "--dry-run", .help = "only list what would be deleted"},
           {.name = "--retention",
            .value = "TIME",
            .help = "how long files are kept: 7d, 12h (default: the table's setting, else 7d)"},
           {.name = "--allow-short-retention",
            .help = "allow less than the table's own retention: running readers may fail"}},
      .run = Vacuum,
  };
}

}  // namespace weir::cli
