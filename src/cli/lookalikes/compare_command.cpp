#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/run_id.h"
#include "cli/commands.h"
#include "cli/forget/text_stream.h"
#include "cli/lookalikes/asked_segment.h"
#include "cli/lookalikes/comparison.h"
#include "cli/lookalikes/result_cells.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/tables_to_read.h"
#include "lake/write_table.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kEvaluation = "metastore.lookalikes_evaluation";
constexpr auto kComparison = "metastore.lookalikes_comparison";

// Of the day asked for, or the newest: each region that was evaluated.
std::vector<ComparedDay> FindDays(Services& services, lake::QuerySession& session,
                                  const Arguments& arguments) {
  RequireTable(services, kEvaluation, "lookalike_evaluation");
  const auto asked = AskedDay(arguments);
  std::vector<ComparedDay> days;
  for (const ResultRow& row :
       session
           .Run(fmt::format("SELECT DISTINCT region, ds, judged_ds FROM {0} WHERE ds = {1} ORDER "
                            "BY region",
                            kEvaluation,
                            asked ? sql::QuoteText(*asked)
                                  : fmt::format("(SELECT max(ds) FROM {})", kEvaluation)))
           .Rows()) {
    days.push_back({.region = TextAt(row, 0), .day = TextAt(row, 1), .judged = TextAt(row, 2)});
  }
  if (days.empty()) {
    throw UserError("nothing was evaluated on {}; 'weir run lookalike_evaluation --on {}' does it",
                    asked.value_or("any day"), asked.value_or("DAY"));
  }
  return days;
}

// Later lookalikes have learnt from days on which it is judged who converts.
void CheckOldDay(const std::vector<ComparedDay>& days, const std::string& old_day) {
  const auto first = std::ranges::min_element(days, {}, &ComparedDay::judged);
  if (old_day > first->judged) {
    throw UserError(
        "--old-day {}: the evaluation of {} judges by the days after {}, from which lookalikes of "
        "a "
        "later day have learnt; {} and earlier days are allowed",
        old_day, first->day, first->judged, first->judged);
  }
}

std::string NumberText(const std::optional<double>& number) {
  return number ? fmt::format("{}", *number) : "";
}

// The row as texts, '' for null.
std::vector<std::string> RowOf(const ComparedDay& day, const std::string& old,
                               const SegmentComparison& found) {
  const auto whole = [](const std::optional<std::int64_t>& number) {
    return number ? fmt::to_string(*number) : std::string();
  };
  const auto gain =
      found.new_auc ? std::optional(*found.new_auc - *found.old_auc) : std::optional<double>();
  const auto bound = [&](double learn::Interval::* side) {
    return found.gain ? std::optional((*found.gain).*side) : std::optional<double>();
  };
  return {day.region,
          day.day,
          old,
          fmt::to_string(found.segment_id),
          found.ranked_by,
          fmt::to_string(found.people),
          fmt::to_string(found.positives),
          NumberText(found.old_auc),
          NumberText(found.new_auc),
          NumberText(gain),
          NumberText(bound(&learn::Interval::lower)),
          NumberText(bound(&learn::Interval::upper)),
          NumberText(found.weights_spearman),
          NumberText(found.scores_spearman),
          whole(found.old_size),
          whole(found.new_size),
          NumberText(found.overlap)};
}

struct ComparisonColumn {
  const char* name;
  const char* type;
};

constexpr std::array<ComparisonColumn, 17> kColumns{{{"region", "VARCHAR"},
                                                     {"ds", "VARCHAR"},
                                                     {"old", "VARCHAR"},
                                                     {"segment_id", "BIGINT"},
                                                     {"ranked_by", "VARCHAR"},
                                                     {"people", "BIGINT"},
                                                     {"positives", "BIGINT"},
                                                     {"old_auc", "DOUBLE"},
                                                     {"new_auc", "DOUBLE"},
                                                     {"auc_gain", "DOUBLE"},
                                                     {"auc_gain_lower", "DOUBLE"},
                                                     {"auc_gain_upper", "DOUBLE"},
                                                     {"weights_spearman", "DOUBLE"},
                                                     {"scores_spearman", "DOUBLE"},
                                                     {"old_size", "BIGINT"},
                                                     {"new_size", "BIGINT"},
                                                     {"overlap", "DOUBLE"}}};

// In place of an earlier comparison of the same.
void WriteComparison(lake::Warehouse& warehouse,
                     const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> names;
  std::vector<std::string> casts;
  for (const ComparisonColumn& column : kColumns) {
    names.emplace_back(column.name);
    casts.push_back(fmt::format("CAST(nullif({0}, '') AS {1}) AS {0}", column.name, column.type));
  }
  lake::WriteRequest request;
  request.select = fmt::format("SELECT {} FROM ({})", fmt::to_string(fmt::join(casts, ", ")),
                               TextStreamSql(warehouse.connection(), names, rows));
  request.mode = lake::WriteMode::kReplace;
  request.partition_by = {"region", "ds", "old"};
  request.sort_by = {"segment_id"};
  request.origin.run_id = NewRunId();
  request.origin.attempt = 1;
  request.origin.job = "lookalikes compare";
  lake::WriteTable(warehouse, warehouse.FolderOf(kComparison), request);
}

void PrintComparison(Services& services, const std::vector<std::vector<std::string>>& rows) {
  if (services.options().json) {
    nlohmann::json all = nlohmann::json::array();
    for (const auto& row : rows) {
      nlohmann::json& object = all.emplace_back(nlohmann::json::object());
      for (std::size_t i = 0; i < kColumns.size(); ++i) {
        const bool is_text = std::string_view(kColumns[i].type) == "VARCHAR";
        object[kColumns[i].name] = row[i].empty() ? nlohmann::json()
                                   : is_text      ? nlohmann::json(row[i])
                                                  : nlohmann::json::parse(row[i]);
      }
    }
    PrintJson(services.out(), {{"table", kComparison}, {"segments", all}});
    return;
  }
  const auto shown = [](const std::string& number) {
    return number.empty() ? std::string("-") : fmt::format("{:.4f}", std::stod(number));
  };
  services.out() << fmt::format("{:<10} {:>10}  {:<13} {:>9} {:>9} {:>9} {:>20} {:>9} {:>9}\n",
                                "region", "segment", "ranked by", "positives", "old AUC", "new AUC",
                                "gain, 95 %", "weights", "overlap");
  for (const auto& row : rows) {
    services.out() << fmt::format(
        "{:<10} {:>10}  {:<13} {:>9} {:>9} {:>9} {:>20} {:>9} {:>9}\n", row[0], row[3],
        row[4].empty() ? "-" : row[4], row[6], shown(row[7]), shown(row[8]),
        shown(row[10]) + " to " + shown(row[11]), shown(row[12]), shown(row[16]));
  }
  services.out() << fmt::format("{} segments are in {}\n", rows.size(), kComparison);
}

void Compare(const Arguments& arguments, Services& services) {
  const auto folder = arguments.OptionalText("--old");
  const auto old_day = arguments.OptionalText("--old-day");
  if (folder.has_value() == old_day.has_value()) {
    throw UsageError("one of --old and --old-day says what to compare with");
  }
  if (old_day && !ParseDate(*old_day)) {
    throw UsageError("--old-day '{}': expected a day such as 2026-01-05", *old_day);
  }
  lake::QuerySession session(services.database(), &services.warehouse());
  ReadAllTables(services, session);
  std::vector<std::vector<std::string>> rows;
  bool has_known = false;  // segments that both have
  const std::vector<ComparedDay> days = FindDays(services, session, arguments);
  if (old_day) {
    CheckOldDay(days, *old_day);
  }
  for (const ComparedDay& day : days) {
    const OldLookalikes old =
        folder ? ReadOldFiles(session, *folder) : ReadOldDay(session, day.region, *old_day);
    for (const SegmentComparison& found : CompareSegments(session, day, old)) {
      has_known = has_known || !found.ranked_by.empty() || found.old_size.value_or(0) > 0;
      rows.push_back(RowOf(day, old.name, found));
    }
  }
  if (!rows.empty() && !has_known) {
    throw UserError("{}: none of its segments was evaluated on {}; {} was, for one",
                    folder.value_or(old_day.value_or("")), rows[0][1], rows[0][3]);
  }
  WriteComparison(services.warehouse(), rows);
  PrintComparison(services, rows);
}

Command CompareCommand() {
  return {
      .name = "compare",
      .summary = "Compare another system's lookalikes with weir's, by segment.",
      .details =
          "--old FOLDER has what the other system gave, one or more of token_weights (segment_id,\n"
          "token, weight), scores (segment_id, universal_id, score) and members (segment_id,\n"
          "dsp_user_id, and value: the best highest), each as .tsv, .tsv.gz or .parquet; "
          "--old-day\n"
          "takes weir's own tables of an earlier day. Both sides rank the people of the newest\n"
          "lookalike_evaluation, or that of --on: AUC with a paired bootstrap interval, rank\n"
          "correlations of weights and scores, sizes and the overlap of members at equal size.\n"
          "The result is in metastore.lookalikes_comparison, too.",
      .examples =
          "weir lookalikes compare --old old-system\n"
          "weir lookalikes compare --old-day 2026-01-05 --on 2026-01-12",
      .parameters = {{.name = "--old", .value = "FOLDER", .help = "the other system's files"},
                     {.name = "--old-day", .value = "DAY", .help = "weir's lookalikes of this day"},
                     {.name = "--on", .value = "DAY", .help = "the evaluation of this day"}},
      .run = Compare};
}

}  // namespace

Command LookalikesCommand() {
  return {.name = "lookalikes",
          .group = "Jobs",
          .summary = "Compare lookalikes with another system's.",
          .examples = "weir lookalikes compare --old old-system",
          .subcommands = {CompareCommand()}};
}

}  // namespace weir::cli
