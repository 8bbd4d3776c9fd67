#include <filesystem>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/lookalikes/asked_segment.h"
#include "cli/lookalikes/lookalike_commands.h"
#include "cli/lookalikes/result_cells.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/tables_to_read.h"
#include "cli/units.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kTraining = "metastore.lookalikes_training_data";

// Which rows are asked for.
struct TrainingRows {
  std::int64_t segment = 0;
  std::string region;
  std::string day;

  std::string Condition() const {
    return fmt::format("region = {} AND ds = {}", sql::QuoteText(region), sql::QuoteText(day));
  }
};

// That of --partition, else the segment's only one.
std::string RegionOf(const Arguments& arguments, const AskedSegment& segment) {
  constexpr std::string_view kKey = "region=";
  const auto partition = arguments.OptionalText("--partition");
  if (partition && !partition->starts_with(kKey)) {
    throw UsageError("--partition '{}': expected a region such as region={}", *partition,
                     segment.regions.front());
  }
  if (!partition && segment.regions.size() > 1) {
    throw UserError("segment {} is of {}; --partition region={} says which", segment.id,
                    fmt::join(segment.regions, " and "), segment.regions.front());
  }
  const std::string region = partition ? partition->substr(kKey.size()) : segment.regions.front();
  if (std::ranges::find(segment.regions, region) == segment.regions.end()) {
    throw UserError("segment {} isn't of region '{}'; it is of {}", segment.id, region,
                    fmt::join(segment.regions, ", "));
  }
  return region;
}

// Why nothing was drawn, as the newest training sizes have it.
std::string SkippedText(lake::QuerySession& session, const AskedSegment& segment,
                        const std::string& region) {
  for (const ResultRow& row :
       session
           .Run(fmt::format("SELECT reason FROM metastore.lookalikes_training_sizes WHERE region = "
                            "{} AND segment_id = {} ORDER BY ds DESC LIMIT 1",
                            sql::QuoteText(region), segment.id))
           .Rows()) {
    return ": " + TextAt(row, 0);
  }
  return "; 'weir run +lookalike_training_data' draws them";
}

TrainingRows FindRows(Services& services, lake::QuerySession& session, const Arguments& arguments) {
  RequireTable(services, kTraining, "lookalike_training_data");
  const AskedSegment segment = FindSegment(services, session, arguments.Text("SEGMENT"));
  const std::string region = RegionOf(arguments, segment);
  const auto day = FindDay(session, kTraining, region, AskedDay(arguments), segment.id);
  if (!day) {
    throw UserError("segment {} has no training rows in {}{}", segment.id, region,
                    SkippedText(session, segment, region));
  }
  return {.segment = segment.id, .region = region, .day = *day};
}

// One row of the file for each training row, by person.
std::string SelectOf(const TrainingRows& rows) {
  return fmt::format(
      "SELECT t.segment_id, t.universal_id, t.label, t.fold, h.tokens FROM (SELECT * FROM {0} "
      "WHERE {1} AND segment_id = {2}) AS t LEFT JOIN (SELECT universal_id, tokens FROM "
      "metastore.lookalikes_user_histories WHERE {1}) AS h ON h.universal_id = t.universal_id "
      "ORDER BY t.universal_id",
      kTraining, rows.Condition(), rows.segment);
}

void CheckHistories(lake::QuerySession& session, const TrainingRows& rows) {
  const auto missing = std::get<std::int64_t>(
      session
          .Run(fmt::format("SELECT count(*) FROM ({}) AS r WHERE tokens IS NULL", SelectOf(rows)))
          .Cell());
  if (missing > 0) {
    throw UserError(
        "{} training rows of segment {} of {} have no history in "
        "metastore.lookalikes_user_histories; 'weir backfill lookalike_training_data --from {} "
        "--to {}' writes both again",
        missing, rows.segment, rows.day, rows.day, rows.day);
  }
}

// The file appears when it is whole.
std::int64_t WriteTraining(lake::QuerySession& session, const TrainingRows& rows,
                           const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (!std::filesystem::is_directory(folder)) {
    throw UserError("--to: there is no folder {}", folder.string());
  }
  return std::get<std::int64_t>(
      session
          .Run(fmt::format("COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE true)",
                           SelectOf(rows), sql::QuoteText(file.string())))
          .Cell());
}

void ExportTraining(const Arguments& arguments, Services& services) {
  const std::filesystem::path file = arguments.Text("--to");
  if (file.extension() != ".parquet") {
    throw UsageError("--to '{}': a file that ends in .parquet is allowed", file.string());
  }
  lake::QuerySession session(services.database(), &services.warehouse());
  ReadAllTables(services, session);
  const TrainingRows rows = FindRows(services, session, arguments);
  CheckHistories(session, rows);
  const std::int64_t written = WriteTraining(session, rows, file);
  if (services.options().json) {
    PrintJson(services.out(), {{"segment_id", rows.segment},
                               {"region", rows.region},
                               {"ds", rows.day},
                               {"rows", written},
                               {"file", file.string()}});
  } else {
    services.out() << fmt::format("{} training rows of segment {} of {} on {} are in {}\n",
                                  FormatCount(written), rows.segment, rows.region, rows.day,
                                  file.string());
  }
}

}  // namespace

Command ExportTrainingCommand() {
  return {
      .name = "training",
      .summary = "Write what a lookalike segment's model learns from to a Parquet file.",
      .details =
          "A row for each person that was drawn: segment_id, universal_id, label (1: positive),\n"
          "fold, tokens (token, days), by universal_id. The same rows give the same bytes.\n"
          "The newest day that has training rows, or --on another.",
      .examples =
          "weir export training 1000 --to training.parquet\n"
          "weir export training 1000 --on 2026-01-05 --partition region=amer --to "
          "training.parquet",
      .parameters = {{.name = "SEGMENT", .help = "its id or its name", .required = true},
                     {.name = "--on", .value = "DAY", .help = "the rows of this day"},
                     {.name = "--partition",
                      .value = "region=REGION",
                      .help = "which region, if the segment is of several"},
                     {.name = "--to",
                      .value = "FILE",
                      .help = "the file, which ends in .parquet",
                      .required = true}},
      .run = ExportTraining};
}

}  // namespace weir::cli
