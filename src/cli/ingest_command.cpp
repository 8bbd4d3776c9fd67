#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/ingest_lag.h"
#include "cli/ingest_replay.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "lake/scan.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kLedger = "metastore.ingest_ledger";

// What became of the lines of one source.
struct SourceStatus {
  std::string source;
  std::int64_t files = 0;
  std::int64_t lines = 0;
  std::int64_t good = 0;
  std::int64_t bad = 0;
  std::int64_t duplicate = 0;
  std::int64_t suppressed = 0;
  std::string newest;  // day

  bool IsConserved() const { return lines == good + bad + duplicate + suppressed; }
};

std::vector<SourceStatus> ReadStatus(Services& services, const std::string& where) {
  lake::Warehouse& warehouse = services.warehouse();
  const lake::TableFolder folder = warehouse.FolderOf(kLedger);
  const lake::Snapshot snapshot = warehouse.Open(folder);
  std::vector<SourceStatus> found;
  if (!snapshot.exists()) {
    return found;
  }
  // Lines that were run again stand under the source bad_events, and don't count twice.
  auto rows = warehouse.connection().Query(fmt::format(
      "SELECT source, count(DISTINCT source_partition), sum(lines_in)::BIGINT, sum(good)::BIGINT,"
      " sum(bad)::BIGINT, sum(duplicate)::BIGINT, sum(suppressed)::BIGINT, max(ds) FROM ({})"
      " WHERE {} GROUP BY source ORDER BY source",
      lake::ScanSql(folder, snapshot), where));
  for (const auto& row : rows.Rows()) {
    const auto number = [&](std::size_t column) { return std::get<std::int64_t>(row[column]); };
    found.push_back({.source = std::get<std::string>(row[0]),
                     .files = number(1),
                     .lines = number(2),
                     .good = number(3),
                     .bad = number(4),
                     .duplicate = number(5),
                     .suppressed = number(6),
                     .newest = std::get<std::string>(row[7])});
  }
  return found;
}

Json LagJson(const std::vector<PartitionLag>& partitions) {
  Json list = Json::array();
  for (const PartitionLag& partition : partitions) {
    const auto lag = partition.lag();
    list.push_back({{"job", partition.job},
                    {"source", partition.source},
                    {"partition", partition.partition},
                    {"next", partition.next},
                    {"end", partition.end ? Json(*partition.end) : Json()},
                    {"lag", lag ? Json(*lag) : Json()},
                    {"per_second", partition.rate ? Json(*partition.rate) : Json()}});
  }
  return list;
}

std::string CountOrUnknown(const std::optional<std::int64_t>& count) {
  return count ? FormatCount(*count) : "?";
}

std::string LagText(const std::vector<PartitionLag>& partitions) {
  if (partitions.empty()) {
    return "";
  }
  TextTable table({"job", "topic of Kafka", ">partition", ">next", ">end", ">behind", ">a second"});
  for (const PartitionLag& partition : partitions) {
    table.Add({partition.job, partition.source, partition.partition, FormatCount(partition.next),
               CountOrUnknown(partition.end), CountOrUnknown(partition.lag()),
               partition.rate ? fmt::format("{:.1f}", *partition.rate) : "-"});
  }
  return "\n" + table.Text();
}

Json StatusJson(const std::vector<SourceStatus>& sources,
                const std::vector<PartitionLag>& partitions) {
  Json list = Json::array();
  for (const SourceStatus& source : sources) {
    list.push_back({{"source", source.source},
                    {"files", source.files},
                    {"lines_in", source.lines},
                    {"good", source.good},
                    {"bad", source.bad},
                    {"duplicate", source.duplicate},
                    {"suppressed", source.suppressed},
                    {"newest_day", source.newest},
                    {"conserved", source.IsConserved()}});
  }
  return {{"sources", list}, {"partitions", LagJson(partitions)}};
}

std::string StatusText(const std::vector<SourceStatus>& sources,
                       const std::optional<std::string>& day) {
  if (sources.empty()) {
    return day ? fmt::format("no lines of {} have been ingested\n", *day)
               : "nothing has been ingested yet\n";
  }
  TextTable table({"source", ">files", ">lines in", ">good", ">bad", ">duplicate", ">suppressed",
                   "newest day", "in = out"});
  for (const SourceStatus& source : sources) {
    table.Add({source.source, FormatCount(source.files), FormatCount(source.lines),
               FormatCount(source.good), FormatCount(source.bad), FormatCount(source.duplicate),
               FormatCount(source.suppressed), source.newest, source.IsConserved() ? "yes" : "NO"});
  }
  return table.Text();
}

void PrintIngestStatus(const Arguments& arguments, Services& services) {
  const auto day = arguments.OptionalText("--on");
  if (day && !ParseDate(*day)) {
    throw UsageError("--on: '{}' is no day; allowed is one such as 2026-01-05", *day);
  }
  const std::vector<SourceStatus> sources =
      ReadStatus(services, day ? "ds = " + sql::QuoteText(*day) : std::string("true"));
  const std::vector<PartitionLag> partitions = LagOfPartitions(services);
  if (services.options().json) {
    PrintJson(services.out(), StatusJson(sources, partitions));
  } else {
    services.out() << StatusText(sources, day) << LagText(partitions);
  }
  for (const SourceStatus& source : sources) {
    if (!source.IsConserved()) {
      throw UserError("{}: {} lines came in, {} are accounted for", source.source, source.lines,
                      source.good + source.bad + source.duplicate + source.suppressed);
    }
  }
}

Command StatusOfIngestion() {
  return {
      .name = "status",
      .summary = "Say what became of the lines of every source.",
      .details =
          "in = good + bad + duplicate + suppressed, by metastore.ingest_ledger. Exit code 1 "
          "if that\n"
          "doesn't hold. metastore.bad_events has the bad lines with their reasons. Of topics of\n"
          "Kafka it also says how far each partition is behind, and how fast it was read of late.",
      .examples = "weir ingest status\nweir ingest status --on 2026-01-05 --json",
      .parameters = {{.name = "--on", .value = "DAY", .help = "only lines of this day"}},
      .run = PrintIngestStatus};
}

}  // namespace

Command IngestCommand() {
  return {.name = "ingest",
          .group = "Jobs",
          .summary = "Look at what was ingested, and run bad lines again.",
          .examples = "weir ingest status\nweir ingest replay",
          .subcommands = {StatusOfIngestion(), ReplayOfBadLines()}};
}

}  // namespace weir::cli
