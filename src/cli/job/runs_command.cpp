#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "cli/commands.h"
#include "cli/job/run_record_text.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/text_table.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

// The first line of an error, not too long for a table.
std::string Shortened(const std::string& text) {
  constexpr std::size_t kMost = 60;
  std::string line = text.substr(0, text.find('\n'));
  if (line.size() <= kMost) {
    return line;
  }
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) {
    --end;  // not inside a character
  }
  return line.substr(0, end) + "…";
}

std::vector<jobs::RunRecord> FindRuns(const Arguments& arguments, jobs::Ledger& ledger) {
  constexpr std::int64_t kDefaultLimit = 20;
  jobs::Ledger::Filter filter{.job = arguments.Text("JOB")};
  const auto limit =
      static_cast<std::size_t>(arguments.Integer("--limit", 1).value_or(kDefaultLimit));
  const auto state = arguments.OptionalText("--state");
  const bool is_crashed = state == "crashed";  // which the ledger has as running
  filter.limit = is_crashed ? std::numeric_limits<std::int64_t>::max() : limit;
  if (state) {
    filter.state = is_crashed ? jobs::RunState::kRunning : jobs::ParseRunState(*state);
  }
  auto runs = ledger.List(filter);
  if (is_crashed) {
    std::erase_if(runs, [](const auto& run) { return !jobs::Ledger::IsAbandoned(run); });
    runs.resize(std::min(runs.size(), limit));
  }
  if (runs.empty() && !filter.job.empty()) {
    const std::vector<std::string> known = ledger.Jobs();
    if (std::ranges::find(known, filter.job) == known.end()) {
      throw UserError("no job '{}' has run yet{}", filter.job, DidYouMean(filter.job, known));
    }
  }
  return runs;
}

void PrintRuns(const Arguments& arguments, Services& services) {
  const auto runs = FindRuns(arguments, services.ledger());
  if (services.options().json) {
    Json list = Json::array();
    for (const jobs::RunRecord& run : runs) {
      list.push_back(RecordJson(run));
    }
    PrintJson(services.out(), {{"runs", list}});
    return;
  }
  TextTable table({"run", ">attempt", "state", "started", ">seconds", ">rows", "why", "error"});
  for (const jobs::RunRecord& run : runs) {
    table.Add({run.key.id(), fmt::format("{}", run.attempt), StateText(run),
               FormatTimestamp(run.started / 1'000'000 * 1'000'000),
               fmt::format("{:.1f}", run.seconds), FormatCount(run.rows), Shortened(run.why),
               Shortened(run.error)});
  }
  services.out() << table.Text();
}

}  // namespace

Command RunsCommand() {
  return {
      .name = "runs",
      .group = "Jobs",
      .summary = "List runs, the newest first.",
      .details =
          "A run is one execution of a job for one interval and partition; each attempt at it is "
          "a\n"
          "line. 'crashed' are those whose process is gone: the next 'weir run' takes them over. "
          "All\nruns are in the table weir.runs, their checks in weir.checks.",
      .examples =
          "weir runs\nweir runs daily_revenue --state failed --limit 5\nweir show run "
          "daily_revenue.20260105.1",
      .parameters = {{.name = "JOB", .help = "runs of this job alone"},
                     {.name = "--state",
                      .value = "STATE",
                      .help = "only runs that are running, succeeded, failed, cancelled or crashed",
                      .choices = {"running", "succeeded", "failed", "cancelled", "crashed"}},
                     {.name = "--limit", .value = "N", .help = "how many (default: 20)"}},
      .run = PrintRuns,
  };
}

}  // namespace weir::cli
