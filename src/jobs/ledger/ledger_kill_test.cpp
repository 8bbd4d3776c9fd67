// Kills a run, a mend and a compaction at each durable step, and looks whether the next process
// finishes the work: no run lost, none done twice, no lease left behind.
#include <csignal>
#include <fstream>
#include <iostream>
#include <map>

#include "child_process.h"
#include "jobs/ledger/ledger_fixture.h"
#include "jobs/ledger/repair.h"
#include "jobs/ledger/run_objects.h"
#include "lake/intent.h"
#include "lake/scan.h"

namespace weir::jobs {
namespace {

constexpr int kHits = 5;
constexpr auto kTable = "s.t";

RunKey KillKey(int day) { return {.job = "load", .partition = "", .interval = DayOf2026(day)}; }

// One run as jobs do it: take, prepare, commit, end.
int RunOnce(Ledger& ledger, lake::Warehouse& warehouse, int day) {
  ledger.Refresh();
  LeaseAttempt attempt = ledger.Take(StartOf(KillKey(day)));
  if (!attempt.lease) {
    return attempt.done ? 0 : 3;
  }
  RunRecord finished = Finished(attempt.lease->record(), RunState::kSucceeded);
  finished.outputs = {{.table = kTable, .version = -1, .rows = 1, .bytes = 1}};
  finished.checks = {
      {.name = "c", .subject = kTable, .outcome = "passed", .message = "", .failures = 0}};
  attempt.lease->Prepare(finished);
  CommitRow(warehouse, KillKey(day).id(), kTable);
  attempt.lease->End(finished);
  return 0;
}

class LedgerKillTest : public LedgerTest {
 protected:
  // A child that dies at `point`.
  void Kill(const std::string& work, int day, const std::string& point) {
    ChildProcess child(
        {work, Root(), CachePath("child").string(), std::to_string(day)},
        {"WEIR_FAILPOINT=" + point, "WEIR_FAILPOINT_LOG=" + folder_.text() + "/hits"});
    ASSERT_EQ(child.Wait(), -SIGKILL) << "was not killed at " << point;
  }

  LedgerPlaces Places() {
    return {.warehouse = warehouse_, .cache = CachePath(), .work = folder_.path() / "work"};
  }
  void Break(const std::string& key) { warehouse_.store().Put(key, "{\"broken"); }

  std::int64_t RowsOf(const std::string& table, const std::string& where) {
    const lake::TableFolder folder = warehouse_.FolderOf(table);
    const lake::Snapshot snapshot = warehouse_.Open(folder);
    return snapshot.exists()
               ? warehouse_.connection().QueryInteger(fmt::format(
                     "SELECT count(*) FROM ({}) WHERE {}", lake::ScanSql(folder, snapshot), where))
               : 0;
  }

  // The next process does it, if it isn't done; then everything is there once.
  void ExpectDoneOnce(Ledger& ledger, int day) {
    EXPECT_EQ(RunOnce(ledger, warehouse_, day), 0);
    ledger.Refresh();
    const std::string run = KillKey(day).id();
    EXPECT_EQ(RowsOf(kTable, fmt::format("run = '{}'", run)), 1) << run;
    EXPECT_EQ(ledger.Find(run)->state, RunState::kSucceeded);
    int succeeded = 0;
    for (const RunRecord& attempt : ledger.Attempts(run)) {
      EXPECT_NE(attempt.state, RunState::kRunning) << run << " attempt " << attempt.attempt;
      succeeded += attempt.state == RunState::kSucceeded ? 1 : 0;
    }
    EXPECT_EQ(succeeded, 1) << run;
    EXPECT_TRUE(lake::ListIntents(warehouse_.store()).empty());
  }

  void ExpectHits(const std::vector<std::string>& points) {
    std::map<std::string, int> hits;
    std::ifstream file(folder_.text() + "/hits");
    for (std::string line; std::getline(file, line);) {
      ++hits[line];
    }
    for (const std::string& point : points) {
      std::cout << fmt::format("  {:<30} {:>3} kills\n", point, hits[point]);
      EXPECT_GE(hits[point], kHits) << point;
    }
  }
};

TEST_F(LedgerKillTest, ARunThatWasKilledAnywhereIsDoneOnceByTheNext) {
  const std::vector<std::string> points = {
      "ledger:before-start",      "ledger:after-start",         "ledger:before-prepare",
      "ledger:after-prepare",     "intent:before-put",          "intent:after-put",
      "commit:after-entry",       "intent:after-delete",        "ledger:before-end",
      "ledger:after-end",         "ledger:after-alive-deleted", "put-if-absent:before-link",
      "put-if-absent:after-link", "put:before-rename"};
  const auto ledger = Open();
  CommitRow(warehouse_, "earlier", kTable);
  int day = 0;
  for (int round = 0; round < kHits; ++round) {
    for (const std::string& point : points) {
      Kill("run", day, point);
      ExpectDoneOnce(*ledger, day);
      ASSERT_FALSE(HasFailure()) << "after a kill at " << point;
      ++day;
    }
  }
  ExpectHits(points);
}

TEST_F(LedgerKillTest, WhoeverMendsMayDieToo) {
  const std::vector<std::string> points = {"ledger:before-mend", "ledger:after-mend"};
  const auto ledger = Open();
  int day = 0;
  for (int round = 0; round < kHits; ++round) {
    for (const std::string& point : points) {
      Kill("run", day, "ledger:before-end");
      Kill("run", day, point);
      ledger->Refresh();
      EXPECT_EQ(ledger->Find(KillKey(day).id())->attempt, 1);
      EXPECT_TRUE(ledger->Find(KillKey(day).id())->recovered);
      ExpectDoneOnce(*ledger, day);
      ASSERT_FALSE(HasFailure()) << "after a kill at " << point;
      ++day;
    }
  }
  ExpectHits(points);
}

TEST_F(LedgerKillTest, ACompactionThatWasKilledLosesAndDoublesNothing) {
  const std::vector<std::string> points = {
      "ledger:before-compact", "intent:before-put",      "intent:after-put",
      "commit:after-entry",    "intent:before-delete",   "ledger:after-compact",
      "ledger:before-delete",  "ledger:before-delete:4", "ledger:after-delete"};
  const auto ledger = Open();
  int day = 0;
  for (int round = 0; round < kHits; ++round) {
    for (const std::string& point : points) {
      RunOnce(*ledger, warehouse_, day++);
      RunOnce(*ledger, warehouse_, day++);
      ledger->Refresh();
      const auto before = ledger->Newest("load", "");
      Kill("compact", 0, point);
      const auto other = Open("other");
      other->Refresh();
      EXPECT_EQ(other->Newest("load", ""), before);
      ledger->Refresh();
      EXPECT_EQ(ledger->Newest("load", ""), before);
      ledger->Compact(1);
      EXPECT_EQ(ledger->Newest("load", ""), before);
      EXPECT_EQ(RowsOf("weir.runs", "true"), day);
      EXPECT_EQ(RowsOf("weir.checks", "true"), day);
      EXPECT_TRUE(ListRunObjects(warehouse_.store(), "").empty());
      ASSERT_FALSE(HasFailure()) << "after a kill at " << point;
    }
  }
  std::vector<std::string> names = points;
  std::erase(names, "ledger:before-delete:4");
  ExpectHits(names);
}

// Whoever repairs may die at any point: the next finds the rest, and nothing is lost or done twice.
TEST_F(LedgerKillTest, ARepairThatWasKilledIsFinishedByTheNext) {
  const std::vector<std::string> points = {"repair:before-end",    "repair:after-end",
                                           "repair:after-copy",    "repair:before-replace",
                                           "repair:before-intent", "put-if-absent:after-link"};
  const auto ledger = Open();
  int day = 0;
  constexpr int kRounds = 2;
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& point : points) {
      Kill("run", day, "ledger:after-prepare");  // its intent will be broken
      Kill("run", day + 1, "ledger:after-start");
      RunOnce(*ledger, warehouse_, day + 2);  // will lose its end
      RunOnce(*ledger, warehouse_, day + 3);  // will lose its start
      Break(lake::IntentKey(KillKey(day).id()));
      Break(RunObject{.name = {.run = KillKey(day + 2).id()}, .kind = ObjectKind::kEnd}.key());
      Break(RunObject{.name = {.run = KillKey(day + 3).id()}, .kind = ObjectKind::kStart}.key());
      Kill("repair", 0, point);
      ExamineLedger(Places(), true);
      EXPECT_TRUE(ExamineLedger(Places(), false).empty()) << "after a kill at " << point;
      EXPECT_EQ(warehouse_.store().List("_weir/lost/").size(), 3U * (day / 4 + 1));
      const auto other = Open("other" + std::to_string(day));
      other->Refresh();
      EXPECT_EQ(other->Find(KillKey(day + 3).id())->state, RunState::kSucceeded);
      EXPECT_EQ(other->Find(KillKey(day + 2).id())->outputs.at(0).table, kTable);
      ExpectDoneOnce(*ledger, day);
      ExpectDoneOnce(*ledger, day + 1);
      ASSERT_FALSE(HasFailure()) << "after a kill at " << point;
      day += 4;
    }
  }
}

// A child's work: "run ROOT CACHE DAY", "compact ROOT CACHE 0" or "repair ROOT CACHE 0".
int RunChild(const std::vector<std::string>& arguments) {
  try {
    sql::Database database({.memory_bytes = 256 << 20, .threads = 2, .spill_folder = {}});
    lake::Warehouse warehouse(arguments.at(1), database);
    Ledger ledger(warehouse, arguments.at(2));
    if (arguments.at(0) == "repair") {
      ExamineLedger({.warehouse = warehouse, .cache = arguments.at(2), .work = "work"}, true);
      return 0;
    }
    if (arguments.at(0) == "compact") {
      ledger.Compact(1);
      return 0;
    }
    return RunOnce(ledger, warehouse, std::stoi(arguments.at(3)));
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

}  // namespace
}  // namespace weir::jobs

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (count > 1) {
    return weir::jobs::RunChild({arguments + 1, arguments + count});
  }
  return RUN_ALL_TESTS();
}
