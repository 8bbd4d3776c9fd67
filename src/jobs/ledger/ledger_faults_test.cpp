// Two hosts, each with a cache of its own, do the same runs on one warehouse on S3 behind a proxy
// that delays, cuts and refuses requests and drops the reply of every third PUT: nothing may be
// lost and nothing done twice, and the ledger must say what the table holds.
#include <atomic>
#include <iostream>
#include <thread>

#include "base/log.h"
#include "base/test_seed.h"
#include "jobs/ledger/ledger_fixture.h"
#include "lake/intent.h"
#include "lake/scan.h"
#include "storage/s3/fault_proxy.h"
#include "storage/stores.h"

namespace weir::jobs {
namespace {

constexpr int kDays = 3;
constexpr auto kFaultyTable = "s.t";

RunKey FaultyKey(int day) { return {.job = "load", .partition = "", .interval = DayOf2026(day)}; }

storage::S3Settings SettingsFor(const std::string& endpoint, const storage::S3Server& server) {
  storage::S3Settings settings = server.Settings();
  settings.endpoint = endpoint;
  settings.retry.first_wait = std::chrono::milliseconds(5);
  settings.retry.longest_wait = std::chrono::milliseconds(200);
  return settings;
}

// What a process has of the warehouse.
class Host {
 public:
  Host(const std::string& root, const std::string& endpoint, const std::filesystem::path& cache)
      : database_(
            {.memory_bytes = 256 << 20,
             .threads = 1,
             .spill_folder = {},
             .stores = std::make_shared<const storage::Stores>(std::vector<storage::StoreLine>{
                 {.name = "s3",
                  .prefixes = {root},
                  .s3 = SettingsFor(endpoint, *storage::S3Server::Shared())}})}),
        warehouse_(root, database_),
        cache_(cache) {}

  lake::Warehouse& warehouse() { return warehouse_; }

  // Runs what isn't done, and again what failed or is held, until all is done.
  void RunAll() {
    for (int day = 0; day < kDays; ++day) {
      while (!TryRun(day)) {
        std::this_thread::yield();
      }
    }
  }
  int num_failures() const { return num_failures_; }

  std::vector<RunRecord> Attempts(int day) {
    Ledger ledger(warehouse_, cache_);
    ledger.Refresh();
    return ledger.Attempts(FaultyKey(day).id());
  }

 private:
  bool TryRun(int day) {
    try {
      Ledger ledger(warehouse_, cache_);
      ledger.Refresh();
      LeaseAttempt attempt = ledger.Take(StartOf(FaultyKey(day)));
      if (!attempt.lease) {
        return attempt.done.has_value();
      }
      RunRecord finished = Finished(attempt.lease->record(), RunState::kSucceeded);
      finished.outputs = {{.table = kFaultyTable, .version = -1, .rows = 1, .bytes = 1}};
      attempt.lease->Prepare(finished);
      if (attempt.lease->IsMine()) {
        CommitRow(warehouse_, FaultyKey(day).id(), kFaultyTable);
      }
      attempt.lease->End(finished);
      return true;
    } catch (const ExternalError& error) {
      ++num_failures_;
      LogInfo("a run failed, as it may: {}", error.what());
      return false;
    }
  }

  sql::Database database_;
  lake::Warehouse warehouse_;
  std::filesystem::path cache_;
  int num_failures_ = 0;
};

std::int64_t RowsOfRun(lake::Warehouse& warehouse, int day) {
  const lake::TableFolder folder = warehouse.FolderOf(kFaultyTable);
  return warehouse.connection().QueryInteger(
      fmt::format("SELECT count(*) FROM ({}) WHERE run = '{}'",
                  lake::ScanSql(folder, warehouse.Open(folder)), FaultyKey(day).id()));
}

void ExpectEachOnce(Host& judge) {
  for (int day = 0; day < kDays; ++day) {
    EXPECT_EQ(RowsOfRun(judge.warehouse(), day), 1) << "day " << day;
    const auto attempts = judge.Attempts(day);
    EXPECT_EQ(std::ranges::count(attempts, RunState::kSucceeded, &RunRecord::state), 1)
        << "day " << day;
  }
  EXPECT_TRUE(lake::ListIntents(judge.warehouse().store()).empty());
}

TEST(LedgerFaults, RandomRunsLoseNothingAndDoubleNothing) {
  const storage::S3Server* server = storage::S3Server::Shared();
  if (server == nullptr) {
    GTEST_SKIP() << "skipped: versitygw is not in .deps; scripts/setup.sh puts it there";
  }
  const std::uint64_t seed = TestSeed();
  int lost_replies = 0;
  int failures = 0;
  for (int round = 0; round < TestRounds() && !testing::Test::HasFailure(); ++round) {
    const TestFolder caches;
    const storage::FaultProxy proxy(
        server->endpoint(), seed + static_cast<unsigned>(round), 10,
        round % 2 == 0 ? storage::Connections::kOneRequest : storage::Connections::kKept);
    const std::string root = server->NewBucket() + "/w";
    {
      Host one(root, proxy.endpoint(), caches.path() / "one.sqlite");
      Host two(root, proxy.endpoint(), caches.path() / "two.sqlite");
      {
        const std::jthread other([&two] { two.RunAll(); });
        one.RunAll();
      }
      failures += one.num_failures() + two.num_failures();
    }
    Host judge(root, server->endpoint(), caches.path() / "judge.sqlite");
    ExpectEachOnce(judge);
    EXPECT_GT(proxy.num_lost_replies(), 0);
    lost_replies += proxy.num_lost_replies();
  }
  std::cout << fmt::format("  {} replies lost, {} tries failed\n", lost_replies, failures);
}

}  // namespace
}  // namespace weir::jobs
