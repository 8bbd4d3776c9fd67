#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/job/find_run.h"
#include "cli/job/run_record_text.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "jobs/plan/done_runs.h"

namespace weir::cli {
namespace {

std::string TimeOrNone(Micros time) { return time == 0 ? "-" : FormatTimestamp(time); }

std::string IntervalText(const jobs::Interval& interval) {
  return jobs::IsBatch(interval) ? fmt::format("{}", interval.start)
                                 : fmt::format("{} to {}", FormatTimestamp(interval.start),
                                               FormatTimestamp(interval.end));
}

std::string Number(std::int64_t number) { return fmt::format("{}", number); }

// A table under its heading, with an empty line before; nothing without rows.
void PrintTable(std::ostream& out, const std::string& heading, const TextTable& table,
                bool has_rows) {
  if (has_rows) {
    out << "\n" << heading << "\n" << table.Text();
  }
}

void PrintHead(std::ostream& out, const jobs::RunRecord& run) {
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"run", run.key.id()},
      {"job", run.key.job},
      {"partition", run.key.partition},
      {jobs::IsBatch(run.key.interval) ? "batch" : "interval", IntervalText(run.key.interval)},
      {"attempt", Number(run.attempt)},
      {"state", StateText(run)},
      {"why", run.why},
      {"chain", run.chain},
      {"owner", fmt::format("process {} on host {}", run.owner.pid, run.owner.host)},
      {"started", TimeOrNone(run.started)},
      {"ended", TimeOrNone(run.ended)},
      {"seconds", fmt::format("{:.3f}", run.seconds)},
      {"rows", FormatCount(run.rows)},
      {"bytes", FormatSize(static_cast<std::uint64_t>(run.bytes))},
      {"peak memory", FormatSize(run.peak_memory)},
      {"code hash", run.code_hash},
      {"error", run.error}};
  for (const auto& [name, value] : lines) {
    if (!value.empty()) {
      out << fmt::format("{:<12} {}\n", name, value);
    }
  }
}

void PrintParts(std::ostream& out, const jobs::RunRecord& run) {
  TextTable inputs({"name", "table", ">version", ">files", "note"});
  for (const jobs::InputRecord& input : run.inputs) {
    inputs.Add(
        {input.name, input.table, Number(input.version), Number(input.num_files), input.note});
  }
  PrintTable(out, "Inputs", inputs, !run.inputs.empty());
  TextTable outputs({"table", ">version", ">rows", ">bytes"});
  for (const jobs::OutputRecord& output : run.outputs) {
    outputs.Add({output.table, Number(output.version), FormatCount(output.rows),
                 FormatCount(output.bytes)});
  }
  PrintTable(out, "Outputs", outputs, !run.outputs.empty());
  TextTable steps({"step", ">rows", ">seconds", ">retries"});
  for (const jobs::StepRecord& step : run.steps) {
    steps.Add({step.name, step.rows < 0 ? "streamed" : FormatCount(step.rows),
               fmt::format("{:.3f}", step.seconds), Number(step.retries)});
  }
  PrintTable(out, "Steps", steps, !run.steps.empty());
  TextTable checks({"check", "of", "outcome", ">failures", "message"});
  for (const jobs::CheckRecord& check : run.checks) {
    checks.Add(
        {check.name, check.subject, check.outcome, FormatCount(check.failures), check.message});
  }
  PrintTable(out, "Checks", checks, !run.checks.empty());
  for (const std::string& sent : run.sent) {
    out << "\nsent: " << sent << "\n";
  }
}

void ShowRun(const Arguments& arguments, Services& services) {
  const auto attempts = FindAttempts(services.ledger(), arguments.Text("ID"));
  std::ostream& out = services.out();
  if (services.options().json) {
    Json list = Json::array();
    for (const jobs::RunRecord& attempt : attempts) {
      list.push_back(RecordJson(attempt));
    }
    PrintJson(out, {{"run", arguments.Text("ID")}, {"attempts", list}});
    return;
  }
  PrintHead(out, attempts.back());
  PrintParts(out, attempts.back());
  TextTable earlier({">attempt", "state", "started", "ended", "error"});
  for (const jobs::RunRecord& attempt : attempts) {
    earlier.Add({Number(attempt.attempt), StateText(attempt), TimeOrNone(attempt.started),
                 TimeOrNone(attempt.ended), attempt.error.substr(0, attempt.error.find('\n'))});
  }
  PrintTable(out, "Attempts", earlier, attempts.size() > 1);
}

Command ShowRunCommand() {
  return {.name = "run",
          .group = "Look",
          .summary = "Show one run: what it read and wrote, its steps, checks and attempts.",
          .examples = "weir show run daily_revenue.20260105.1 --json",
          .parameters = {{.name = "ID",
                          .help = "the run's id, as 'weir runs' prints it",
                          .required = true}},
          .run = ShowRun};
}

}  // namespace

Command ShowCommand() {
  return {.name = "show",
          .group = "Jobs",
          .summary = "Show one run.",
          .examples = "weir show run orders.20260105.1",
          .subcommands = {ShowRunCommand()}};
}

}  // namespace weir::cli
