#include "jobs/graph/catalogue.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "jobs/graph/diagram.h"

namespace weir::jobs {
namespace {

using OrderedJson = nlohmann::ordered_json;
using project::Job;
using project::Output;
using project::OutputMode;

// A cell of a Markdown table.
std::string Cell(const std::string& text) {
  std::string cell;
  for (const char letter : text) {
    cell += letter == '|' ? "\\|" : letter == '\n' ? " " : std::string(1, letter);
  }
  return cell;
}

std::string ModeText(OutputMode mode) {
  switch (mode) {
    case OutputMode::kAppend:
      return "append";
    case OutputMode::kOverwrite:
      return "overwrite";
    case OutputMode::kReplace:
      return "replace";
    case OutputMode::kMerge:
      return "merge";
    case OutputMode::kDelete:
      return "delete";
  }
  return "";
}

std::string ScheduleText(const Job& job) {
  if (job.is_service) {
    return "service";
  }
  if (job.is_stream) {
    return "stream";
  }
  switch (job.schedule.cadence) {
    case project::Cadence::kHourly:
      return "hourly";
    case project::Cadence::kDaily:
      return "daily";
    case project::Cadence::kWeekly:
      return "weekly";
    case project::Cadence::kMonthly:
      return "monthly";
    case project::Cadence::kManual:
      return "manual";
    case project::Cadence::kCron:
      return job.schedule.cron;
  }
  return "";
}

// "interface", "interface for customers, reports", "personal".
std::vector<std::string> MarksOf(const Output& output) {
  std::vector<std::string> marks;
  const bool has_personal_column =
      std::ranges::any_of(output.columns, &project::ColumnContract::personal);
  if (output.personal || has_personal_column) {
    marks.emplace_back("personal");
  }
  if (output.is_interface) {
    marks.push_back(output.interface_for.empty()
                        ? "interface"
                        : fmt::format("interface for {}", fmt::join(output.interface_for, ", ")));
  }
  return marks;
}

std::string CheckText(const project::Check& check) {
  const std::string subject = check.table.empty() ? check.relation : check.table;
  return fmt::format("{}{}{}", check.name, subject.empty() ? "" : " of " + subject,
                     check.severity == project::Severity::kWarn ? " (warns)" : "");
}

std::vector<const Job*> JobsOf(const Graph& graph, const std::string& domain) {
  std::vector<const Job*> jobs;
  for (const std::size_t job : JobsOfDomain(graph, domain)) {
    jobs.push_back(&graph.job(job));
  }
  std::ranges::sort(jobs, {}, &Job::name);
  return jobs;
}

// "7 days", "36 h", "all"; empty for the interval alone.
std::string WindowText(const project::Input& input) {
  if (!input.window) {
    return "";
  }
  if (*input.window == project::kAllTime) {
    return "all";
  }
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(*input.window).count();
  if (*input.window != std::chrono::hours(hours)) {
    return fmt::format("{} min",
                       std::chrono::duration_cast<std::chrono::minutes>(*input.window).count());
  }
  const bool is_of_days = hours % 24 == 0;
  const auto number = is_of_days ? hours / 24 : hours;
  return fmt::format("{} {}{}", number, is_of_days ? "day" : "hour", number == 1 ? "" : "s");
}

std::string InputText(const project::Input& input) {
  std::string text = fmt::format("`{}` ({}", input.table, input.name);
  text += input.previous ? ", the state before" : "";
  const std::string window = WindowText(input);
  text += window.empty() ? "" : fmt::format(", window {}", window);
  text += input.where.empty() ? "" : fmt::format(", where `{}`", input.where);
  return text + ")";
}

std::string JobText(const Job& job) {
  std::string text =
      fmt::format("### {}\n\n{}{}", job.name, job.doc, job.doc.empty() ? "" : "\n\n");
  text += fmt::format("- runs: {}{}\n", ScheduleText(job),
                      job.per.empty() ? "" : fmt::format(", once per {}", job.per));
  if (!job.tags.empty()) {
    text += fmt::format("- tags: {}\n", fmt::join(job.tags, ", "));
  }
  for (const project::Input& input : job.reads) {
    text += fmt::format("- reads: {}\n", InputText(input));
  }
  for (const Output& output : job.writes) {
    text += fmt::format("- writes: `{}` ({})\n", output.table, ModeText(output.mode));
  }
  for (const project::View& view : job.views) {
    text += fmt::format("- view: `{}`\n", view.name);
  }
  for (const project::Check& check : job.checks) {
    text += fmt::format("- checks: {}\n", CheckText(check));
  }
  return text + "\n";
}

std::string TableText(const Output& output) {
  std::string text =
      fmt::format("### {}\n\n{}{}", output.table, output.doc, output.doc.empty() ? "" : "\n\n");
  if (const auto marks = MarksOf(output); !marks.empty()) {
    text += fmt::format("{}\n\n", fmt::join(marks, "; "));
  }
  if (!output.partition_by.empty()) {
    text += fmt::format("Partitioned by {}.\n\n", fmt::join(output.partition_by, ", "));
  }
  if (output.columns.empty()) {
    return text + "Its columns are not declared (`columns`).\n\n";
  }
  text += "| column | type | null | |\n|---|---|---|---|\n";
  for (const project::ColumnContract& column : output.columns) {
    text += fmt::format("| {} | {} | {} | {}{} |\n", Cell(column.name), Cell(column.type),
                        column.nullable ? "yes" : "no", column.personal ? "personal. " : "",
                        Cell(column.doc));
  }
  return text + "\n";
}

OrderedJson ColumnsJson(const Output& output) {
  OrderedJson columns = OrderedJson::array();
  for (const project::ColumnContract& column : output.columns) {
    columns.push_back({{"name", column.name},
                       {"type", column.type},
                       {"nullable", column.nullable},
                       {"personal", column.personal},
                       {"doc", column.doc}});
  }
  return columns;
}

OrderedJson JobJson(const Job& job) {
  OrderedJson reads = OrderedJson::array();
  for (const project::Input& input : job.reads) {
    reads.push_back({{"name", input.name},
                     {"table", input.table},
                     {"previous", input.previous},
                     {"window", WindowText(input)},
                     {"where", input.where}});
  }
  OrderedJson writes = OrderedJson::array();
  for (const Output& output : job.writes) {
    writes.push_back(output.table);
  }
  OrderedJson checks = OrderedJson::array();
  for (const project::Check& check : job.checks) {
    checks.push_back(CheckText(check));
  }
  return {{"job", job.name},  {"domain", job.domain}, {"doc", job.doc},
          {"tags", job.tags}, {"per", job.per},       {"schedule", ScheduleText(job)},
          {"reads", reads},   {"writes", writes},     {"checks", checks}};
}

}  // namespace

std::string CataloguePage(const Graph& graph) {
  std::string text = fmt::format("# {}\n\n", graph.project->name);
  text += "Written by `weir docs` from the project's files.\n";
  for (const std::string& domain : Domains(graph)) {
    text +=
        fmt::format("\n## [{0}]({0}.md)\n\n| job | runs | writes | |\n|---|---|---|---|\n", domain);
    for (const Job* job : JobsOf(graph, domain)) {
      std::vector<std::string> tables;
      tables.reserve(job->writes.size());
      for (const Output& output : job->writes) {
        tables.push_back(fmt::format("`{}`", output.table));
      }
      text += fmt::format("| {} | {} | {} | {} |\n", job->name, ScheduleText(*job),
                          fmt::join(tables, "<br>"), Cell(job->doc));
    }
  }
  return text;
}

std::string DomainPage(const Graph& graph, const std::string& domain) {
  std::string text = fmt::format("# {}\n\n```mermaid\n{}```\n\n## Jobs\n\n", domain,
                                 ToMermaid(DrawJobs(graph, JobsOfDomain(graph, domain))));
  std::string tables;
  for (const Job* job : JobsOf(graph, domain)) {
    text += JobText(*job);
    for (const Output& output : job->writes) {
      tables += TableText(output);
    }
  }
  return tables.empty() ? text : text + "## Tables\n\n" + tables;
}

OrderedJson CatalogueJson(const Graph& graph) {
  OrderedJson jobs = OrderedJson::array();
  OrderedJson tables = OrderedJson::array();
  for (const std::string& domain : Domains(graph)) {
    for (const Job* job : JobsOf(graph, domain)) {
      jobs.push_back(JobJson(*job));
      for (const Output& output : job->writes) {
        tables.push_back({{"table", output.table},
                          {"job", job->name},
                          {"mode", ModeText(output.mode)},
                          {"partition_by", output.partition_by},
                          {"marks", MarksOf(output)},
                          {"doc", output.doc},
                          {"columns", ColumnsJson(output)}});
      }
    }
  }
  return {{"project", graph.project->name}, {"jobs", jobs}, {"tables", tables}};
}

}  // namespace weir::jobs
