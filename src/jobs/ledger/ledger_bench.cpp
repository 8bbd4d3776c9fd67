// Measures the ledger with the runs of 1,000 jobs over 365 days in weir.runs:
//
//   ledger_bench FOLDER      (made; kept, so that a second call measures a warm cache)
#include <chrono>
#include <ctime>
#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "base/process.h"
#include "jobs/ledger/ledger.h"
#include "jobs/ledger/ledger_state.h"
#include "lake/write_table.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

constexpr int kJobs = 1000;
constexpr int kDays = 365;

RunRecord Sample() {
  RunRecord record;
  record.key = {.job = "job_name_0", .partition = "", .interval = {.start = 0, .end = 1}};
  record.state = RunState::kSucceeded;
  record.owner = CurrentProcess();
  record.code_hash = std::string(32, 'c');
  record.why = "missing";
  for (const char* name : {"events", "users"}) {
    record.inputs.push_back({.name = name,
                             .table = fmt::format("reservoir.{}", name),
                             .version = 17,
                             .files = std::string(32, 'f'),
                             .num_files = 3,
                             .note = ""});
  }
  record.outputs.push_back({.table = "metastore.result", .version = 5, .rows = 1000, .bytes = 77});
  record.steps.push_back({.name = "pairs", .rows = 1000, .seconds = 0.25, .retries = 0});
  return record;
}

// weir.runs with all runs: the sample record, its job and times replaced by SQL.
void MakeTable(lake::Warehouse& warehouse) {
  const lake::TableFolder folder = warehouse.FolderOf(kRunTable);
  const std::string select = fmt::format(
      "SELECT s.* REPLACE (job || '.' || strftime(start, '%Y%m%d') || '.1' AS run, "
      "replace(replace(record, 'job_name_0', job), '\"start\":0,\"end\":1', "
      "'\"start\":' || epoch_us(start) || ',\"end\":' || epoch_us(\"end\")) AS record) "
      "FROM (SELECT t.* REPLACE ('job_name_' || j AS job, "
      "make_timestamptz(1735689600000000 + d * 86400000000) AS start, "
      "make_timestamptz(1735689600000000 + (d + 1) * 86400000000) AS \"end\") "
      "FROM ({}) AS t, range({}) AS jobs(j), range({}) AS days(d)) AS s",
      RunRowsSql({Sample()}), kJobs, kDays);
  lake::WriteRequest request{.select = select};
  request.sort_by = {"start", "job"};
  lake::WriteTable(warehouse, folder, request);
}

template <typename Work>
void Measure(const std::string& what, const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t processor = std::clock();
  const std::size_t count = work();
  const double used = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << fmt::format("{:<34} {:>9.4f} s, processor {:>9.4f} s {:>8}\n", what, seconds.count(),
                           used, count);
}

void Run(const std::filesystem::path& folder) {
  sql::Database database(
      {.memory_bytes = 1ULL << 30, .threads = 2, .spill_folder = folder / "spill"});
  lake::Warehouse warehouse((folder / "warehouse").string(), database);
  if (!warehouse.Open(warehouse.FolderOf(kRunTable)).exists()) {
    MakeTable(warehouse);
  }
  Ledger ledger(warehouse, folder / "cache.sqlite");
  Measure("first refresh", [&] { return ledger.Refresh(), 1; });
  Measure("refresh", [&] { return ledger.Refresh(), 1; });
  const auto all = [](const auto& ask) {
    std::size_t count = 0;
    for (int job = 0; job < kJobs; ++job) {
      count += ask(fmt::format("job_name_{}", job));
    }
    return count;
  };
  Measure("Newest() of 1,000 jobs", [&] {
    return all([&](const std::string& job) { return ledger.Newest(job, "").size(); });
  });
  Measure("NewestSucceeded() of 1,000 jobs", [&] {
    return all([&](const std::string& job) { return ledger.NewestSucceeded(job, "").size(); });
  });
  Measure("Generation() of 1,000 jobs", [&] {
    return all([&](const std::string& job) { return ledger.Generation(job, "").size(); });
  });
  Measure("List(20)", [&] { return ledger.List({}).size(); });
  RunRecord record = Sample();
  record.key.job = fmt::format("fresh_{}", CurrentProcess().pid);
  Measure("100 runs: Take, Prepare, End", [&] {
    for (int run = 0; run < 100; ++run) {
      record.key.interval = {.start = run * 86'400'000'000, .end = (run + 1) * 86'400'000'000};
      LeaseAttempt attempt = ledger.Take(record);
      attempt.lease->Prepare(record);
      attempt.lease->End(record);
    }
    return 100;
  });
  Measure("refresh after them", [&] { return ledger.Refresh(), 1; });
  Measure("Compact", [&] { return ledger.Compact(100); });
  std::cout << fmt::format("peak RSS {} MiB\n", PeakResidentBytes() >> 20);
}

}  // namespace
}  // namespace weir::jobs

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: ledger_bench FOLDER\n";
    return 2;
  }
  weir::jobs::Run(arguments[1]);
  return 0;
}
