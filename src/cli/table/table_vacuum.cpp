#include <limits>
#include <set>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "cli/units.h"
#include "lake/own_files.h"
#include "lake/vacuum.h"

namespace weir::cli {
namespace {

lake::VacuumRequest VacuumRequestOf(const Arguments& arguments) {
  lake::VacuumRequest request;
  if (const auto retention = arguments.OptionalText("--retention")) {
    request.retention = ParseDuration("--retention", *retention);
  }
  request.allow_short = arguments.Has("--allow-short-retention");
  request.dry_run = arguments.Has("--dry-run");
  return request;
}

// Versions of a table that runs read or wrote that started since then.
std::set<std::int64_t> VersionsForReplay(jobs::Ledger& ledger, const std::string& table,
                                         Micros since) {
  std::set<std::int64_t> versions;
  for (const jobs::RunRecord& run :
       ledger.List({.limit = std::numeric_limits<std::int32_t>::max()})) {
    if (run.started < since) {
      break;  // the newest come first
    }
    for (const jobs::InputRecord& input : run.inputs) {
      if (input.table == table) {
        versions.insert(input.version);
      }
    }
    for (const jobs::OutputRecord& output : run.outputs) {
      if (output.table == table) {
        versions.insert({output.version, output.version - 1});
      }
    }
  }
  std::erase_if(versions, [](std::int64_t version) { return version < 0; });
  return versions;
}

// Files of the versions that runs of late read or wrote, so that they can be replayed.
std::set<std::string> FilesForReplay(Services& services, const NamedTable& table) {
  std::set<std::string> keys;
  if (services.FindWarehouse() != &table.warehouse) {
    return keys;
  }
  const Micros since = Now() - services.project().keep_for_replay.count();
  for (const std::int64_t version :
       VersionsForReplay(services.ledger(), table.folder.name, since)) {
    try {
      for (const lake::AddFile& file :
           table.warehouse.Open(table.folder, {.version = version, .as_of = {}}).files) {
        keys.insert(lake::KeyOfPath(table.folder, file.path));
      }
    } catch (const UserError& gone) {
      LogInfo("{}: version {} can't be kept for replay: {}", table.folder.name, version,
              gone.what());
    }
  }
  return keys;
}

Json ReportJson(const lake::TableFolder& folder, const lake::VacuumReport& report, bool dry_run) {
  Json files = Json::array();
  for (const storage::ObjectInfo& object : report.deleted) {
    files.push_back({{"path", object.key}, {"bytes", object.size}});
  }
  return {{"table", folder.name}, {"dry_run", dry_run}, {"files", files}, {"bytes", report.bytes}};
}

void Vacuum(const Arguments& arguments, Services& services) {
  lake::VacuumRequest request = VacuumRequestOf(arguments);
  const NamedTable table = FindTable(services, arguments.Text("TABLE"));
  request.protected_keys = [&] { return FilesForReplay(services, table); };
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
          "older than the retention; versions that need them can't be read any more. Versions "
          "that\n"
          "runs of the last 30 days read or wrote are kept, so that they can be replayed; the\n"
          "project's keep_for_replay is another time.",
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
