#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/run_id.h"
#include "cli/identity/identity_commands.h"
#include "cli/identity/judged_ids.h"
#include "cli/identity/regions.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/tables_to_read.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "lake/write_table.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kQualityTable = "reporting.identity_quality";

struct QualityReport {
  std::string day;  // that the mapping is of
  identity::Quality quality;

  // The measures by name, in order: shares and counts.
  std::vector<std::pair<std::string, std::optional<double>>> Shares() const {
    return {{"precision", quality.Precision()},
            {"recall", quality.Recall()},
            {"f1", quality.F1()},
            {"bcubed_precision", quality.bcubed_precision},
            {"bcubed_recall", quality.bcubed_recall},
            {"bcubed_f1", quality.BcubedF1()}};
  }
  std::vector<std::pair<std::string, std::uint64_t>> Counts() const {
    return {{"ids", quality.ids},
            {"found_pairs", quality.found_pairs},
            {"right_pairs", quality.right_pairs},
            {"joinable_pairs", quality.joinable_pairs},
            {"joined_pairs", quality.joined_pairs}};
  }
};

// The newest day of the regions' graphs.
std::string NewestDay(lake::QuerySession& session, const std::vector<std::string>& regions) {
  std::string day;
  for (const std::string& region : regions) {
    sql::Result newest = session.Run(
        fmt::format("SELECT coalesce(max(as_of), '') FROM metastore.identity_basis_{}", region));
    day = std::max(day, std::get<std::string>(newest.Rows().at(0).at(0)));
  }
  if (day.empty()) {
    throw UserError("there are no people yet: 'weir run +user_ids_mapper' finds them");
  }
  return day;
}

// Replaces the day's row.
void WriteReport(lake::Warehouse& warehouse, const QualityReport& report) {
  std::string columns = sql::QuoteText(report.day) + " AS ds";
  for (const auto& [name, count] : report.Counts()) {
    columns += fmt::format(", CAST({} AS BIGINT) AS {}", count, name);
  }
  for (const auto& [name, share] : report.Shares()) {
    columns += fmt::format(", CAST({} AS DOUBLE) AS {}",
                           share ? fmt::format("'{}'", *share) : "NULL", name);
  }
  lake::CommitInfo origin;
  origin.run_id = NewRunId();
  origin.job = "identity quality";
  lake::WriteTable(warehouse, warehouse.FolderOf(kQualityTable),
                   {.select = "SELECT " + columns,
                    .mode = lake::WriteMode::kReplace,
                    .partition_by = {"ds"},
                    .origin = origin});
}

Json QualityJson(const QualityReport& report) {
  Json json{{"ds", report.day}};
  for (const auto& [name, count] : report.Counts()) {
    json[name] = count;
  }
  for (const auto& [name, share] : report.Shares()) {
    json[name] = share ? Json(*share) : Json();
  }
  return json;
}

std::string QualityText(const QualityReport& report) {
  TextTable table({"measure", ">value"});
  for (const auto& [name, count] : report.Counts()) {
    table.Add({name, FormatCount(static_cast<std::int64_t>(count))});
  }
  for (const auto& [name, share] : report.Shares()) {
    table.Add({name, share ? fmt::format("{:.4f}", *share) : "none"});
  }
  return fmt::format("people of {} against the truth\n{}", report.day, table.Text());
}

void RunQuality(const Arguments& arguments, Services& services) {
  const std::vector<std::string> regions = RegionsWithPeople(services);
  QualityReport report;
  {
    lake::QuerySession session(services.database(), &services.warehouse());
    ReadAllTables(services, session);
    report.day = NewestDay(session, regions);
    report.quality = identity::Judge(ReadJudgedIds(session, regions, arguments.Text("--truth")));
  }
  WriteReport(services.warehouse(), report);
  if (services.options().json) {
    PrintJson(services.out(), QualityJson(report));
  } else {
    services.out() << QualityText(report);
  }
}

}  // namespace

Command IdentityQualityCommand() {
  return {
      .name = "quality",
      .summary = "Compare the people that were found with the truth, where there is one.",
      .details =
          "By pairs of ids: precision (pairs found that are one person's), recall (pairs that\n"
          "calls without noise could join that were found), F1; and B-cubed, the mean over ids.\n"
          "Only ids of one owner count. The figures also go into reporting.identity_quality,\n"
          "a row for the mapping's day.",
      .examples =
          "weir identity quality --truth world/truth\n"
          "weir identity quality --truth world/truth --json",
      .parameters = {{.name = "--truth",
                      .value = "DIR",
                      .help = "people.parquet and edges.parquet of a generated world",
                      .required = true}},
      .run = RunQuality};
}

}  // namespace weir::cli
