#include "jobs/ledger/repair.h"

#include <fstream>

#include "jobs/ledger/ledger_fixture.h"
#include "jobs/ledger/run_objects.h"
#include "lake/intent.h"
#include "lake/scan.h"

namespace weir::jobs {
namespace {

RunKey RepairKey(int day = 0) {
  return {.job = "load", .partition = "", .interval = DayOf2026(day)};
}

class RepairTest : public LedgerTest {
 protected:
  std::vector<Damage> Examine(bool repair) {
    return ExamineLedger({.warehouse = warehouse_, .cache = CachePath(), .work = Work()}, repair);
  }
  std::filesystem::path Work() const { return folder_.path() / "work"; }

  static std::string KeyOf(int day, ObjectKind kind, int attempt = 1) {
    return RunObject{.name = {.run = RepairKey(day).id(), .attempt = attempt}, .kind = kind}.key();
  }
  void Break(const std::string& key, const std::string& bytes = "{\"form") {
    warehouse_.store().Put(key, bytes);
  }
  // A start of a process that is no more.
  void Crash(int day, bool prepares) {
    LeaseAttempt attempt = Open("crash")->Take(StartOf(RepairKey(day), DeadProcess()));
    ASSERT_TRUE(attempt.lease);
    if (prepares) {
      RunRecord finished = Finished(attempt.lease->record(), RunState::kSucceeded);
      finished.outputs = {{.table = "s.a", .version = -1}, {.table = "s.b", .version = -1}};
      attempt.lease->Prepare(finished);
    }
  }

  // After a repair nothing is left to do, and every ledger can be read.
  void ExpectMended() {
    for (const Damage& damage : Examine(false)) {
      ADD_FAILURE() << damage.what << ": " << damage.found;
    }
    EXPECT_NO_THROW(Open("fresh")->Refresh());
  }
  std::vector<std::string> Lost() {
    std::vector<std::string> keys;
    for (const auto& info : warehouse_.store().List("_weir/lost/")) {
      keys.push_back(info.key);
    }
    return keys;
  }
};

TEST_F(RepairTest, FindsNothingInALedgerInOrder) {
  Run(*Open(), RepairKey());
  LeaseAttempt running = Open()->Take(StartOf(RepairKey(1)));

  EXPECT_TRUE(Examine(true).empty());
  EXPECT_TRUE(running.lease->IsMine());
}

TEST_F(RepairTest, OnlyLooksUnlessItIsTold) {
  Run(*Open(), RepairKey());
  Break(KeyOf(0, ObjectKind::kEnd));

  const auto damages = Examine(false);

  ASSERT_EQ(damages.size(), 1U);
  EXPECT_EQ(damages[0].what, "object " + KeyOf(0, ObjectKind::kEnd));
  EXPECT_TRUE(damages[0].blocks);
  EXPECT_EQ(damages[0].done, "");
  EXPECT_EQ(warehouse_.store().Get(KeyOf(0, ObjectKind::kEnd)), "{\"form");
}

TEST_F(RepairTest, ARunThatLostItsEndHasFailed) {
  Run(*Open(), RepairKey());
  Break(KeyOf(0, ObjectKind::kEnd));

  Examine(true);

  EXPECT_EQ(Lost(),
            std::vector<std::string>{"_weir/lost/runs/" + RepairKey().id() + ".1.end.json"});
  EXPECT_EQ(warehouse_.store().Get(Lost()[0]), "{\"form");
  const auto ledger = Open("fresh");
  ledger->Refresh();
  EXPECT_EQ(ledger->Find(RepairKey().id())->state, RunState::kFailed);
  ExpectMended();
  EXPECT_TRUE(ledger->Take(StartOf(RepairKey())).lease);
}

// Its id is used up: the tables would take a second commit of it for the first.
TEST_F(RepairTest, ARunThatLostItsEndTellsWhichTablesHaveItsCommit) {
  CommitRow(warehouse_, "other", "s.a");
  CommitRow(warehouse_, RepairKey().id(), "s.a");
  CommitRow(warehouse_, "other", "s.b");
  Run(*Open(), RepairKey());
  Break(KeyOf(0, ObjectKind::kEnd));

  Examine(true);

  const auto ledger = Open("fresh");
  ledger->Refresh();
  const auto run = ledger->Find(RepairKey().id());
  ASSERT_EQ(run->outputs.size(), 1U);
  EXPECT_EQ(run->outputs[0].table, "s.a");
  EXPECT_EQ(run->outputs[0].version, 1);
}

TEST_F(RepairTest, AStartIsWrittenAnewFromTheEnd) {
  Run(*Open(), RepairKey());
  const auto before = Open("before");
  before->Refresh();
  const auto known = before->Find(RepairKey().id());
  Break(KeyOf(0, ObjectKind::kStart), "");

  Examine(true);

  const auto ledger = Open("fresh");
  ledger->Refresh();
  EXPECT_EQ(ledger->Find(RepairKey().id()), known);
  ExpectMended();
}

TEST_F(RepairTest, MovesWhatItDoesNotKnow) {
  Break("_weir/runs/notes.txt", "mine");
  Break("_weir/runs/" + RepairKey().id() + ".1.alive.json", "?");

  Examine(true);

  EXPECT_EQ(Lost().size(), 2U);
  EXPECT_EQ(warehouse_.store().Get("_weir/lost/runs/notes.txt"), "mine");
  ExpectMended();
}

TEST_F(RepairTest, LeavesWhatANewerWeirWrote) {
  Break(KeyOf(0, ObjectKind::kStart), R"({"format": 99, "run": "x"})");

  const auto damages = Examine(true);

  ASSERT_EQ(damages.size(), 1U);
  EXPECT_EQ(damages[0].remedy, "use the newer weir that wrote it");
  EXPECT_EQ(damages[0].done, "");
  EXPECT_TRUE(warehouse_.store().Head(KeyOf(0, ObjectKind::kStart)));
}

TEST_F(RepairTest, EndsAttemptsOfDeadProcesses) {
  Crash(0, false);

  const auto damages = Examine(true);

  ASSERT_EQ(damages.size(), 1U);
  const auto ledger = Open("fresh");
  ledger->Refresh();
  EXPECT_EQ(ledger->Find(RepairKey().id())->state, RunState::kFailed);
  ExpectMended();
}

TEST_F(RepairTest, RecordsWhatADeadProcessCommitted) {
  Crash(0, true);
  CommitRow(warehouse_, RepairKey().id(), "s.a");

  Examine(true);

  const auto ledger = Open("fresh");
  ledger->Refresh();
  EXPECT_EQ(ledger->Find(RepairKey().id())->state, RunState::kSucceeded);
  EXPECT_TRUE(ledger->Find(RepairKey().id())->recovered);
}

TEST_F(RepairTest, FinishesIntentsOfDeadProcesses) {
  CommitRow(warehouse_, "first", "s.a");
  const lake::Intent intent{.run_id = "r", .owner = DeadProcess(), .created = Now(), .tables = {}};
  warehouse_.store().PutIfAbsent(lake::IntentKey("r"), ToJson(intent));

  const auto damages = Examine(true);

  ASSERT_EQ(damages.size(), 1U);
  EXPECT_EQ(damages[0].done, "it was finished: the run's commits are all there");
  EXPECT_TRUE(lake::ListIntents(warehouse_.store()).empty());
  ExpectMended();
}

TEST_F(RepairTest, ABrokenIntentThatNoTableHasSeenNeverWas) {
  CommitRow(warehouse_, "first", "s.a");
  CommitRow(warehouse_, "second", "s.b");
  Crash(0, true);
  Break(lake::IntentKey(RepairKey().id()));

  const auto damages = Examine(true);

  EXPECT_NE(damages.at(0).done.find("no table had been changed"), std::string::npos);
  EXPECT_EQ(damages[0].remedy, "");
  EXPECT_EQ(warehouse_.Open(warehouse_.FolderOf("s.a")).version, 0);
  ExpectMended();
}

TEST_F(RepairTest, ABrokenIntentThatSomeTablesHaveSeenLeavesAFailedRun) {
  CommitRow(warehouse_, RepairKey().id(), "s.a");
  CommitRow(warehouse_, "second", "s.b");
  Crash(0, true);
  Break(lake::IntentKey(RepairKey().id()));

  const auto damages = Examine(true);

  EXPECT_NE(
      damages.at(0).remedy.find("s.a has the commit of run " + RepairKey().id() + ", s.b has not"),
      std::string::npos)
      << damages[0].remedy;
  const auto ledger = Open("fresh");
  ledger->Refresh();
  EXPECT_EQ(ledger->Find(RepairKey().id())->state, RunState::kFailed);
  EXPECT_EQ(ledger->Find(RepairKey().id())->outputs.at(0).table, "s.a");
  ExpectMended();
}

TEST_F(RepairTest, DeletesADamagedCache) {
  Run(*Open(), RepairKey());
  std::ofstream(CachePath()) << "no database";

  const auto damages = Examine(true);

  ASSERT_EQ(damages.size(), 1U);
  EXPECT_NE(damages[0].what.find(CachePath().string()), std::string::npos);
  const auto ledger = Open();
  ledger->Refresh();
  EXPECT_EQ(ledger->Find(RepairKey().id())->state, RunState::kSucceeded);
  ExpectMended();
}

TEST_F(RepairTest, RemovesFoldersOfAttemptsThatHaveEnded) {
  Run(*Open(), RepairKey());
  const LeaseAttempt running = Open()->Take(StartOf(RepairKey(1)));
  const auto ended = Work() / (RepairKey().id() + ".1");
  const auto alive = Work() / (RepairKey(1).id() + ".1");
  const auto other = Work() / "notes";
  for (const auto& folder : {ended, alive, other}) {
    std::filesystem::create_directories(folder / "steps-x");
  }

  Examine(true);

  EXPECT_FALSE(std::filesystem::exists(ended));
  EXPECT_TRUE(std::filesystem::exists(alive));
  EXPECT_TRUE(std::filesystem::exists(other));
}

TEST_F(RepairTest, MovingAnObjectThatWasMovedHalfwayMovesItOnce) {
  Break("_weir/runs/notes.txt", "mine");
  warehouse_.store().Put("_weir/lost/runs/notes.txt", "mine");

  EXPECT_EQ(MoveToLost(warehouse_.store(), "_weir/runs/notes.txt"), "_weir/lost/runs/notes.txt");

  Break("_weir/runs/notes.txt", "others");
  EXPECT_EQ(MoveToLost(warehouse_.store(), "_weir/runs/notes.txt"), "_weir/lost/runs/notes.txt.2");
  EXPECT_EQ(warehouse_.store().Get("_weir/lost/runs/notes.txt"), "mine");
}

}  // namespace
}  // namespace weir::jobs
