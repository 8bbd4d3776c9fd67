// Plans and encodes a delivery of generated segments, and says what it took: for bench/activation.
//   activation_bench make DIR --people N --kind first|daily
//   activation_bench plan DIR --encoding avro|text --threads N --memory BYTES
// Each person is in 30 of 300 segments. `first`: every member is new, and has a line. `daily`: one
// person in twenty has lines, of which a fifth are removals.
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "connectors/activation/delivery_plan.h"
#include "connectors/activation/xandr/xandr.h"
#include "connectors/files/described_file.h"
#include "sql/database.h"
#include "sql/quote.h"
#include "storage/stores.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;

constexpr auto kDay = "2026-01-31";
constexpr std::int64_t kEndOfDay = 1'769'904'000;
constexpr std::int64_t kSegmentsOfPerson = 30;
constexpr std::int64_t kLinesOfPart = 8'000'000;

struct BenchOptions {
  fs::path folder;
  std::int64_t people = 100'000;
  std::string kind = "first";
  std::string encoding = "avro";
  int threads = 2;
  std::uint64_t memory = 1'000'000'000;
};

// Numbers of 19 digits that grow with the person's.
std::string UserOf(const BenchOptions& options) {
  return fmt::format("CAST(1000000000000000000 + u * {0} + hash(u) % {0} AS VARCHAR)",
                     8'000'000'000'000'000'000 / options.people);
}

constexpr auto kSegmentOf = "CAST(1000 + j * 10 + hash(u * 30 + j) % 10 AS BIGINT)";

void MakeLines(const BenchOptions& options, sql::Connection& connection) {
  const bool daily = options.kind == "daily";
  const fs::path folder = options.folder / "syncs/combined/2026/01/31/amer.bench.gz";
  fs::create_directories(folder);
  const std::int64_t step = kLinesOfPart / kSegmentsOfPerson * (daily ? 20 : 1);
  OrderedJson parts = OrderedJson::array();
  for (std::int64_t begin = 0; begin < options.people; begin += step) {
    const fs::path path = folder / fmt::format("part-{:05}.gz", parts.size());
    const std::int64_t lines = connection.QueryInteger(
        fmt::format("COPY (SELECT {0} AS dsp_user_id, {1} + CASE WHEN {2} THEN 5000 ELSE 0 END AS "
                    "segment, CASE WHEN {2} "
                    "THEN 'remove' ELSE 'add' END, {3}, 43200, 1 + hash(u, j) % 1000 FROM "
                    "range({4}, {5}) AS people(u), "
                    "range({6}) AS segments(j) WHERE {7} ORDER BY u, segment) TO {8} (FORMAT csv, "
                    "HEADER false, "
                    "DELIMITER '\t', QUOTE '', ESCAPE '', COMPRESSION gzip)",
                    UserOf(options), kSegmentOf, daily ? "j % 5 = 0" : "false", kEndOfDay, begin,
                    std::min(begin + step, options.people), kSegmentsOfPerson,
                    daily ? "u % 20 = 0" : "true", sql::QuoteText(path.string())));
    parts.push_back(DescribedFile(path, lines, connection));
  }
  WriteJsonFile(folder / "_SUCCESS", OrderedJson{{"format", 1}, {"run", "bench"}, {"parts", parts}},
                1);
}

// As the table of segments' members is sorted: by segment, then user.
void MakeMembers(const BenchOptions& options, sql::Connection& connection) {
  fs::create_directories(options.folder / "members");
  for (std::int64_t j = 0; j < kSegmentsOfPerson; ++j) {
    connection.Run(fmt::format(
        "COPY (SELECT {0} AS dsp_segment_id, {1} AS dsp_user_id, to_timestamp({2}) AS since FROM "
        "(SELECT range AS u, CAST({3} AS BIGINT) AS j FROM range({4})) ORDER BY ALL) TO {5} "
        "(FORMAT "
        "parquet, COMPRESSION zstd)",
        kSegmentOf, UserOf(options), kEndOfDay, j, options.people,
        sql::QuoteText((options.folder / fmt::format("members/{:02}.parquet", j)).string())));
  }
}

double SecondsOf(const timeval& time) {
  constexpr double kMicros = 1e6;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / kMicros;
}

void Plan(const BenchOptions& options, sql::Connection& connection) {
  const fs::path journal_folder = options.folder / "journal";
  fs::remove_all(journal_folder);
  for (const std::string_view place : {"submitted", "done", "failed"}) {
    fs::create_directories(options.folder / "bss-7-eu" / place);
  }
  connection.Run(fmt::format(
      "CREATE TEMP VIEW members AS FROM read_parquet({}); CREATE TEMP VIEW routes AS SELECT "
      "CAST(7 AS BIGINT) AS member_id, CAST(range AS BIGINT) AS dsp_segment_id FROM range(1000, "
      "10000)",
      sql::QuoteText((options.folder / "members/*.parquet").string())));
  DeliveryJournal journal(journal_folder);
  Pace pace(journal.store());
  const storage::Stores stores;
  const auto destination =
      XandrDestination().open({.settings = {{"bucket", (options.folder / "bss-7-eu").string()},
                                            {"encoding", options.encoding}},
                               .project_folder = options.folder,
                               .stop = {},
                               .pace = pace,
                               .stores = stores});
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  const auto start = std::chrono::steady_clock::now();
  const auto delivery = PlanDelivery({.segment_folders = options.folder / "syncs",
                                      .day = kDay,
                                      .run_id = "bench",
                                      .routes = "routes",
                                      .members = "members",
                                      .threads = options.threads},
                                     *destination, journal, connection);
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  std::int64_t bytes = 0;
  std::int64_t lines = 0;
  for (const OutgoingFile& file : delivery->files) {
    bytes += file.bytes;
    lines += file.lines;
  }
  fmt::print("{}\n", OrderedJson{{"lines", lines},
                                 {"files", delivery->files.size()},
                                 {"bytes", bytes},
                                 {"seconds", wall},
                                 {"user", SecondsOf(after.ru_utime) - SecondsOf(before.ru_utime)},
                                 {"system", SecondsOf(after.ru_stime) - SecondsOf(before.ru_stime)},
                                 {"peak_bytes", after.ru_maxrss * 1024}}
                         .dump());
}

int Main(int argc, char** argv) {
  BenchOptions options;
  CLI::App app("Plans and encodes a delivery of generated segments.");
  app.require_subcommand(1);
  CLI::App* make = app.add_subcommand("make", "Makes the segments.");
  CLI::App* plan = app.add_subcommand("plan", "Plans and encodes.");
  for (CLI::App* command : {make, plan}) {
    command->add_option("folder", options.folder)->required();
    command->add_option("--threads", options.threads);
    command->add_option("--memory", options.memory);
  }
  make->add_option("--people", options.people);
  make->add_option("--kind", options.kind)->check(CLI::IsMember({"first", "daily"}));
  plan->add_option("--encoding", options.encoding)->check(CLI::IsMember({"avro", "text"}));
  CLI11_PARSE(app, argc, argv);
  fs::create_directories(options.folder);
  sql::Database database({.memory_bytes = options.memory,
                          .threads = options.threads,
                          .spill_folder = options.folder / "spill"});
  sql::Connection connection = database.Connect();
  if (make->parsed()) {
    MakeLines(options, connection);
    MakeMembers(options, connection);
  } else {
    Plan(options, connection);
  }
  return 0;
}

}  // namespace
}  // namespace weir::connectors

int main(int argc, char** argv) try {
  return weir::connectors::Main(argc, argv);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
