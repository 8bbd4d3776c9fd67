#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "cli/commands.h"
#include "cli/job/find_run.h"
#include "cli/job/workspace.h"
#include "cli/print_json.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "jobs/run/replay.h"

namespace weir::cli {
namespace {

std::size_t InstanceOf(const Workspace& workspace, const jobs::RunRecord& record) {
  const auto& instances = workspace.instances();
  const auto found = std::ranges::find_if(instances, [&](const jobs::JobInstance& instance) {
    return instance.job->name == record.key.job && instance.partition == record.key.partition;
  });
  if (found == instances.end()) {
    std::vector<std::string> names;
    std::ranges::transform(instances, std::back_inserter(names), &jobs::JobInstance::name);
    throw UserError("the project has no job '{}'{} any more{}", record.key.job,
                    record.key.partition.empty() ? "" : " of partition " + record.key.partition,
                    DidYouMean(record.key.job, names));
  }
  return static_cast<std::size_t>(found - instances.begin());
}

Json FingerprintJson(const lake::Fingerprint& fingerprint) {
  return {{"fingerprint", fingerprint.digits}, {"rows", fingerprint.num_rows}};
}

Json ReplayJson(const std::string& id, const jobs::ReplayReport& report) {
  Json tables = Json::array();
  for (const jobs::ReplayedTable& table : report.tables) {
    tables.push_back({{"table", table.table},
                      {"version", table.version},
                      {"recorded", FingerprintJson(table.recorded)},
                      {"replayed", FingerprintJson(table.replayed)},
                      {"same", table.IsSame()}});
  }
  return {{"run", id},
          {"same", report.IsSame()},
          {"code_changed", report.code_changed},
          {"tables", tables},
          {"effects", report.effects}};
}

std::string ReportText(const std::string& id, const jobs::ReplayReport& report) {
  TextTable table({"table", ">version", ">rows", "fingerprint", "replayed"});
  for (const jobs::ReplayedTable& made : report.tables) {
    table.Add({made.table, fmt::format("{}", made.version), FormatCount(made.recorded.num_rows),
               made.recorded.digits,
               made.IsSame() ? "the same"
                             : fmt::format("{} ({} rows)", made.replayed.digits,
                                           FormatCount(made.replayed.num_rows))});
  }
  std::string text = report.tables.empty() ? "" : table.Text();
  for (const std::string& effect : report.effects) {
    text += effect + "\n";
  }
  if (report.IsSame()) {
    text += fmt::format("{}: the same inputs gave the same rows\n", id);
  }
  return text;
}

void Replay(const Arguments& arguments, Services& services) {
  Workspace workspace(services);
  const std::string id = arguments.Text("RUN");
  workspace.ledger().Refresh();
  const jobs::RunRecord record = FindAttempts(workspace.ledger(), id).back();
  const std::size_t instance = InstanceOf(workspace, record);
  const jobs::PlanFacts facts = workspace.Facts({.instances = {instance}, .manual = true});
  jobs::RunServices runs = workspace.Runs(arguments.Has("--send"));
  runs.send = arguments.Has("--send");
  const jobs::ReplayReport report = jobs::ReplayRun(record, instance, facts, runs);
  if (services.options().json) {
    PrintJson(services.out(), ReplayJson(id, report));
  } else {
    services.out() << ReportText(id, report);
  }
  if (!report.IsSame()) {
    throw UserError("{}: the same inputs gave other rows{}", id,
                    report.code_changed ? "; the job's code has changed since" : "");
  }
}

}  // namespace

Command ReplayCommand() {
  return {
      .name = "replay",
      .group = "Jobs",
      .summary = "Do a run again with the inputs that it read, and compare the rows.",
      .details =
          "Reads the versions that the run's record names, and commits nothing: the rows that come "
          "out are\n"
          "compared by fingerprint with those that the run wrote. Exit code 1 if they differ.",
      .examples = "weir replay daily_sales.20260105.1\nweir replay daily_sales.20260105.1 --json",
      .parameters =
          {{.name = "RUN", .help = "the run's id, as 'weir runs' prints it", .required = true},
           {.name = "--send", .help = "let effects reach outside (uploads, publications, mail)"}},
      .run = Replay,
  };
}

}  // namespace weir::cli
