#include "jobs/ledger/ledger.h"

#include <fstream>
#include <thread>

#include <stdlib.h>

#include "base/error.h"
#include "jobs/ledger/ledger_fixture.h"
#include "jobs/ledger/run_objects.h"
#include "lake/query.h"

namespace weir::jobs {
namespace {

RunKey Key(int day, int generation = 1, const std::string& job = "load") {
  return {.job = job, .partition = "", .interval = DayOf2026(day), .generation = generation};
}

// Sets the wall clock while it lives. No other thread may be running.
class FixedNow {
 public:
  explicit FixedNow(const std::string& time) { setenv("WEIR_NOW", time.c_str(), 1); }
  FixedNow(const FixedNow&) = delete;
  FixedNow& operator=(const FixedNow&) = delete;
  ~FixedNow() { unsetenv("WEIR_NOW"); }
};

std::string Brief(const RunRecord& record) {
  return fmt::format("{}/{} {}{}", record.key.id(), record.attempt, ToText(record.state),
                     record.recovered ? " recovered" : "");
}

std::vector<std::string> Brief(const std::vector<RunRecord>& records) {
  std::vector<std::string> texts;
  for (const RunRecord& record : records) {
    texts.push_back(Brief(record));
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST_F(LedgerTest, ARunIsOwnedOnceAndDoneOnce) {
  const auto mine = Open("a");
  const auto other = Open("b");

  LeaseAttempt first = mine->Take(StartOf(Key(0)));
  ASSERT_TRUE(first.lease);
  EXPECT_TRUE(first.lease->IsMine());
  EXPECT_EQ(first.lease->record().owner, CurrentProcess());
  const LeaseAttempt second = other->Take(StartOf(Key(0)));
  ASSERT_TRUE(second.holder);
  EXPECT_EQ(second.holder->record, first.lease->record());
  RunRecord finished = Finished(first.lease->record(), RunState::kSucceeded);
  finished.rows = 7;
  first.lease->End(finished);
  EXPECT_FALSE(first.lease->IsMine());
  for (Ledger* ledger : {mine.get(), other.get()}) {
    const LeaseAttempt late = ledger->Take(StartOf(Key(0)));
    ASSERT_TRUE(late.done);
    EXPECT_EQ(late.done->rows, 7);
    EXPECT_GE(late.done->ended, late.done->started);
  }
}

TEST_F(LedgerTest, AFailedRunMayBeTriedAgain) {
  const auto ledger = Open();
  Run(*ledger, Key(0), RunState::kFailed);
  Run(*ledger, Key(0), RunState::kCancelled);
  Run(*ledger, Key(0));
  ledger->Refresh();

  EXPECT_EQ(Brief(ledger->Attempts(Key(0).id())),
            (Texts{"load.20260101.1/1 failed", "load.20260101.1/2 cancelled",
                   "load.20260101.1/3 succeeded"}));
  EXPECT_EQ(Brief(*ledger->Find(Key(0).id())), "load.20260101.1/3 succeeded");
}

TEST_F(LedgerTest, ADeadOwnersRunIsTakenOverAtOnce) {
  const auto mine = Open("a");
  const auto other = Open("b");
  LeaseAttempt dead = mine->Take(StartOf(Key(0), DeadProcess()));

  LeaseAttempt next = other->Take(StartOf(Key(0)));

  ASSERT_TRUE(next.lease);
  EXPECT_EQ(next.lease->record().attempt, 2);
  EXPECT_FALSE(dead.lease->IsMine());
  dead.lease->End(Finished(dead.lease->record(), RunState::kSucceeded));  // it wasn't dead at all
  mine->Refresh();
  EXPECT_EQ(Brief(mine->Attempts(Key(0).id())),
            (Texts{"load.20260101.1/1 failed", "load.20260101.1/2 running"}));
  EXPECT_EQ(mine->Attempts(Key(0).id())[0].error,
            "its process ended without a word; attempt 2 took over");
}

TEST_F(LedgerTest, ARunThatIsDroppedIsFreeAtOnce) {
  const auto mine = Open("a");
  const auto other = Open("b");
  other->Refresh();
  {
    const LeaseAttempt dropped = mine->Take(StartOf(Key(0)));
  }

  EXPECT_TRUE(other->Take(StartOf(Key(0))).lease);
}

TEST_F(LedgerTest, AnOwnerElsewhereMayBeSilentForAMinute) {
  const auto ledger = Open();
  std::optional<FixedNow> now("2026-02-01T00:00:00Z");
  const LeaseAttempt first = ledger->Take(StartOf(Key(0), ProcessElsewhere()));

  now.emplace("2026-02-01T00:01:00Z");
  const LeaseAttempt early = ledger->Take(StartOf(Key(0)));
  now.emplace("2026-02-01T00:01:01Z");
  const LeaseAttempt late = ledger->Take(StartOf(Key(0)));

  ASSERT_TRUE(early.holder);
  EXPECT_EQ(early.holder->text(),
            "process 17 on host elsewhere, since 2026-02-01T00:00:00Z, last sign of life "
            "2026-02-01T00:00:00Z");
  EXPECT_TRUE(late.lease);
}

TEST_F(LedgerTest, RenewalsAreSignsOfLife) {
  Ledger ledger(warehouse_, CachePath(), {.renew_every = std::chrono::milliseconds(1)});
  const LeaseAttempt attempt = ledger.Take(StartOf(Key(0), ProcessElsewhere()));
  const AttemptName name = NameOf(attempt.lease->record());
  const Micros started = attempt.lease->record().started;
  while (ReadAlive(warehouse_.store(), name).value_or(0) <= started) {
    std::this_thread::yield();
  }

  ledger.Refresh();

  EXPECT_GT(ledger.Find(name.run)->renewed, started);
  EXPECT_FALSE(Ledger::IsAbandoned(*ledger.Find(name.run)));
}

TEST_F(LedgerTest, WhatADeadProcessCommittedIsRecorded) {
  const auto ledger = Open();
  CommitRow(warehouse_, "earlier", "s.t");
  {
    LeaseAttempt dead = ledger->Take(StartOf(Key(0), DeadProcess()));
    RunRecord finished = Finished(dead.lease->record(), RunState::kSucceeded);
    finished.outputs = {{.table = "s.t", .version = -1, .rows = 1, .bytes = 5},
                        {.table = "s.unchanged", .version = 3, .rows = 0, .bytes = 0}};
    dead.lease->Prepare(finished);
    CommitRow(warehouse_, Key(0).id(), "s.t");
    CommitRow(warehouse_, "later", "s.t");
  }

  ledger->Refresh();

  const RunRecord found = *ledger->Find(Key(0).id());
  EXPECT_EQ(Brief(found), "load.20260101.1/1 succeeded recovered");
  EXPECT_EQ(found.outputs[0].version, 1);
  EXPECT_EQ(found.outputs[1].version, 3);
  EXPECT_TRUE(Open("b")->Take(StartOf(Key(0))).done);
}

TEST_F(LedgerTest, OfAWarehouseThatIsOnlyReadNothingIsMended) {
  Run(*Open(), Key(0));
  {
    LeaseAttempt dead = Open()->Take(StartOf(Key(1), DeadProcess()));
    RunRecord finished = Finished(dead.lease->record(), RunState::kSucceeded);
    finished.outputs = {{.table = "s.t", .version = -1, .rows = 1, .bytes = 5}};
    dead.lease->Prepare(finished);
    CommitRow(warehouse_, Key(1).id(), "s.t");
  }
  const auto objects = [&] {
    std::string keys;
    for (const storage::ObjectInfo& object : warehouse_.store().List("")) {
      keys += object.key + "\n";
    }
    return keys;
  };
  const std::string before = objects();
  lake::Warehouse reader(Root(), database_, lake::Access::kRead);
  Ledger ledger(reader, CachePath("reader"));

  ledger.Refresh();

  EXPECT_EQ(Brief(*ledger.Find(Key(0).id())), "load.20260101.1/1 succeeded");
  EXPECT_EQ(ledger.RunsOf("load", "").succeeded.size(), 1);
  EXPECT_THROW(ledger.Take(StartOf(Key(2))), UserError);
  EXPECT_THROW(ledger.Compact(1), UserError);
  EXPECT_EQ(objects(), before);
}

TEST_F(LedgerTest, WhatADeadProcessPreparedButDidNotCommitIsRunAgain) {
  const auto ledger = Open();
  CommitRow(warehouse_, "earlier", "s.t");
  for (const int day : {0, 1}) {
    LeaseAttempt dead = ledger->Take(StartOf(Key(day), DeadProcess()));
    RunRecord finished = Finished(dead.lease->record(), RunState::kSucceeded);
    if (day == 0) {
      finished.outputs = {{.table = "s.t", .version = 0, .rows = 1, .bytes = 5}};
    }
    dead.lease->Prepare(finished);
  }

  ledger->Refresh();
  ledger->Refresh();

  EXPECT_EQ(Brief(*ledger->Find(Key(0).id())), "load.20260101.1/1 running");
  EXPECT_EQ(Brief(*ledger->Find(Key(1).id())), "load.20260102.1/1 succeeded recovered");
  EXPECT_EQ(ledger->Take(StartOf(Key(0))).lease->record().attempt, 2);
}

TEST_F(LedgerTest, TheNewestRunOfEachIntervalIsFound) {
  const auto ledger = Open();
  Run(*ledger, Key(1));
  Run(*ledger, Key(0), RunState::kFailed);
  Run(*ledger, Key(0));
  Run(*ledger, Key(0, 2), RunState::kFailed);
  RunKey amer = Key(0);
  amer.partition = "amer";
  Run(*ledger, amer);
  Run(*ledger, Key(0, 1, "other"));
  ledger->Refresh();

  EXPECT_EQ(Brief(ledger->Newest("load", "")),
            (Texts{"load.20260101.2/1 failed", "load.20260102.1/1 succeeded"}));
  EXPECT_EQ(Brief(ledger->NewestSucceeded("load", "")),
            (Texts{"load.20260101.1/2 succeeded", "load.20260102.1/1 succeeded"}));
  EXPECT_EQ(Brief(ledger->Newest("load", "amer")), (Texts{"load.amer.20260101.1/1 succeeded"}));
  EXPECT_EQ(Brief(ledger->List({.job = "load", .state = RunState::kFailed})),
            (Texts{"load.20260101.2/1 failed", "load.20260101.1/1 failed"}));
  EXPECT_EQ(Brief(ledger->List({.limit = 2})),
            (Texts{"other.20260101.1/1 succeeded", "load.amer.20260101.1/1 succeeded"}));
}

TEST_F(LedgerTest, CompactedRunsStayAndTheirObjectsGo) {
  const auto ledger = Open();
  for (int day = 0; day < 5; ++day) {
    Run(*ledger, Key(day), day == 3 ? RunState::kFailed : RunState::kSucceeded);
  }
  const LeaseAttempt running = ledger->Take(StartOf(Key(7)));
  ledger->Refresh();
  const auto before = ledger->Newest("load", "");
  const std::string generation = ledger->Generation("load", "");

  EXPECT_EQ(ledger->Compact(6), 0U);
  EXPECT_EQ(ledger->Compact(5), 5U);

  EXPECT_EQ(ledger->Newest("load", ""), before);
  EXPECT_EQ(ledger->Generation("load", ""), generation);
  EXPECT_EQ(Open("b")->Newest("load", ""), before);
  EXPECT_EQ(ListRunObjects(warehouse_.store(), "").size(), 1U);
  EXPECT_TRUE(Open("c")->Take(StartOf(Key(0))).done);
  EXPECT_EQ(Open("c")->Take(StartOf(Key(3))).lease->record().attempt, 2);
}

TEST_F(LedgerTest, ACompactedRunIsKnownToALedgerThatNeverSawIt) {
  const auto mine = Open("a");
  const auto other = Open("b");
  other->Refresh();
  Run(*mine, Key(0));
  EXPECT_EQ(mine->Compact(1), 1U);

  EXPECT_TRUE(other->Take(StartOf(Key(0))).done);
  EXPECT_TRUE(ListRunObjects(warehouse_.store(), "").empty());
}

TEST_F(LedgerTest, SqlUsersSeeRunsAndChecks) {
  const auto ledger = Open();
  FixedNow now("2026-02-01T10:00:00Z");
  for (const int day : {0, 1}) {
    RunKey key = Key(day);
    key.partition = "amer";
    RunRecord start = StartOf(key, {.host = "h", .boot = "b", .pid = 7, .start = 1});
    LeaseAttempt attempt = ledger->Take(start);
    RunRecord finished = Finished(attempt.lease->record(), RunState::kFailed);
    finished.ended = ParseTimestamp("2026-02-01T11:00:00Z").value();
    finished.seconds = 2.5;
    finished.rows = 4;
    finished.error = "it's \"broken\"\né {} $1";
    finished.inputs = {
        {.name = "i", .table = "s.t", .version = 3, .files = "ff", .num_files = 1, .note = ""}};
    if (day == 1) {
      finished.checks = {
          {.name = "c1", .subject = "s.o", .outcome = "passed", .message = "", .failures = 0},
          {.name = "c2", .subject = "r", .outcome = "failed", .message = "bad", .failures = 9}};
    }
    attempt.lease->End(finished);
  }
  ASSERT_EQ(ledger->Compact(2), 2U);

  lake::QuerySession session(database_, &warehouse_);
  const auto cell = [&](const std::string& sql) {
    return std::get<std::string>(session.Run(sql).Cell());
  };
  EXPECT_EQ(cell("SELECT string_agg(concat_ws('|', run, job, partition, epoch(start)::BIGINT, "
                 "epoch(\"end\")::BIGINT, generation, attempt, state, owner, "
                 "epoch(started)::BIGINT, epoch(ended)::BIGINT, seconds, rows, error, recovered, "
                 "inputs[1].version), ';' ORDER BY run) FROM weir.runs WHERE start < '2026-01-02'"),
            "load.amer.20260101.1|load|amer|1767225600|1767312000|1|1|failed|h:7|1769940000|"
            "1769943600|2.5|4|it's \"broken\"\né {} $1|false|3");
  EXPECT_EQ(cell("SELECT string_agg(concat_ws('|', run, attempt, name, subject, outcome, message, "
                 "failures), ';' ORDER BY name) FROM weir.checks"),
            "load.amer.20260102.1|1|c1|s.o|passed||0;load.amer.20260102.1|1|c2|r|failed|bad|9");
}

TEST_F(LedgerTest, TheGenerationTellsOfEveryChangeAndNoOther) {
  const auto mine = Open("a");
  const auto other = Open("b");
  auto changed = [&, last = std::string()]() mutable {
    other->Refresh();
    const std::string now = other->Generation("load", "");
    return std::exchange(last, now) != now;
  };
  changed();

  LeaseAttempt attempt = mine->Take(StartOf(Key(0)));
  EXPECT_TRUE(changed());
  EXPECT_FALSE(changed());
  attempt.lease->End(Finished(attempt.lease->record(), RunState::kSucceeded));
  EXPECT_TRUE(changed());
  Run(*mine, Key(0, 1, "other"));
  EXPECT_FALSE(changed());
  EXPECT_EQ(mine->Compact(1), 2U);
  EXPECT_FALSE(changed());
}

TEST_F(LedgerTest, AMissingDamagedOrForeignCacheIsMadeAnew) {
  std::vector<RunRecord> expected;
  {
    const auto ledger = Open();
    Run(*ledger, Key(0));
    ledger->Compact(1);
    Run(*ledger, Key(1));
    ledger->Refresh();
    expected = ledger->Newest("load", "");
    ledger->Remember("k", "v");
    EXPECT_EQ(ledger->Remembered("k"), "v");
    EXPECT_EQ(ledger->Remembered("other"), std::nullopt);
  }
  ASSERT_EQ(expected.size(), 2U);

  std::filesystem::remove(CachePath());
  EXPECT_EQ(Open()->Newest("load", ""), expected);
  EXPECT_EQ(Open()->Remembered("k"), std::nullopt);
  std::ofstream(CachePath()) << "no database at all, though it has some length";
  EXPECT_EQ(Open()->Newest("load", ""), expected);
  std::filesystem::resize_file(CachePath(), 5000);
  EXPECT_EQ(Open()->Newest("load", ""), expected);
  lake::Warehouse empty(folder_.text() + "/other", database_);
  EXPECT_TRUE(Ledger(empty, CachePath()).Newest("load", "").empty());
  EXPECT_EQ(Open()->Newest("load", ""), expected);
}

// SQLite finds out in the midst of its work.
TEST_F(LedgerTest, ACacheThatIsDamagedInsideIsMadeAnewWhenItIsFound) {
  std::vector<RunRecord> expected;
  {
    const auto ledger = Open();
    for (int day = 0; day < 40; ++day) {
      Run(*ledger, Key(day));
    }
    ledger->Refresh();
    expected = ledger->Newest("load", "");
  }
  ASSERT_EQ(expected.size(), 40U);
  std::fstream file(CachePath(), std::ios::in | std::ios::out | std::ios::binary);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(CachePath()));
  file.seekp(8192 * 3);
  file << std::string(static_cast<std::size_t>(size - 8192 * 3), 'x');
  file.close();

  const auto ledger = Open();
  ledger->Refresh();

  EXPECT_EQ(ledger->Newest("load", ""), expected);
}

TEST_F(LedgerTest, AWarehouseThatWasEmptiedHasNoRuns) {
  const auto ledger = Open();
  Run(*ledger, Key(0));
  ledger->Compact(1);
  Run(*ledger, Key(1));
  ledger->Refresh();
  ASSERT_EQ(ledger->Newest("load", "").size(), 2U);

  storage::ClearStore(warehouse_.store());
  ledger->Refresh();

  EXPECT_TRUE(ledger->Newest("load", "").empty());
}

// Another host's cache is of the time before: it neither takes an interval for done that isn't, nor
// for one to be run that is.
TEST_F(LedgerTest, AWarehouseThatWasMadeAnewHasItsOwnRuns) {
  const auto fingerprint = [&](Ledger& ledger) {
    std::map<std::string, RunState> states;
    for (const RunRecord& record : ledger.Newest("load", "")) {
      states.emplace(record.key.id(), record.state);
    }
    return states;
  };
  for (const bool compacted : {false, true}) {
    storage::ClearStore(warehouse_.store());
    const auto stale = Open(fmt::format("stale {}", compacted));
    Run(*stale, Key(0));
    Run(*stale, Key(1), RunState::kFailed);
    stale->Compact(compacted ? 1 : 100);
    stale->Refresh();
    ASSERT_EQ(stale->Newest("load", "").size(), 2U);

    storage::ClearStore(warehouse_.store());
    const auto other = Open(fmt::format("other {}", compacted));
    Run(*other, Key(0), RunState::kFailed);
    Run(*other, Key(1));
    other->Compact(compacted ? 1 : 100);
    other->Refresh();
    stale->Refresh();

    const std::map<std::string, RunState> expected = {{Key(0).id(), RunState::kFailed},
                                                      {Key(1).id(), RunState::kSucceeded}};
    EXPECT_EQ(fingerprint(*other), expected) << compacted;
    EXPECT_EQ(fingerprint(*stale), expected) << compacted;
    EXPECT_FALSE(stale->Take(StartOf(Key(1))).lease.has_value()) << compacted;
    auto again = stale->Take(StartOf(Key(0)));
    ASSERT_TRUE(again.lease.has_value()) << compacted;
    again.lease->End(Finished(again.lease->record(), RunState::kSucceeded));
  }
}

TEST_F(LedgerTest, AForeignObjectIsLeftAlone) {
  warehouse_.store().Put("_weir/runs/readme.txt", "hello");
  warehouse_.store().Put("_weir/runs/x.json", "hello");
  Open()->Refresh();

  warehouse_.store().Put("_weir/runs/load.20260101.1.1.json", "hello");
  try {
    Open()->Refresh();
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("load.20260101.1.1.json: the run record is corrupt"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace weir::jobs
