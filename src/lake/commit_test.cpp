#include "lake/commit.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "lake/handmade_table.h"
#include "lake/random_actions.h"

namespace weir::lake {
namespace {

using Paths = std::vector<std::string>;

Predicate NumberBetween(std::int64_t least, std::int64_t greatest) {
  const DataType number{.kind = TypeKind::kLong, .children = {}};
  const auto bound = [&](Predicate::Comparison comparison, std::int64_t value) {
    return Predicate{.kind = Predicate::Kind::kCompare,
                     .comparison = comparison,
                     .path = {"n"},
                     .constants = {{.type = number, .text = std::to_string(value)}},
                     .children = {}};
  };
  return AllOf({bound(Predicate::Comparison::kGreaterEqual, least),
                bound(Predicate::Comparison::kLessEqual, greatest)});
}

Predicate InPartition(const std::string& value) {
  const DataType text{.kind = TypeKind::kString, .children = {}};
  return {.kind = Predicate::Kind::kCompare,
          .comparison = Predicate::Comparison::kEqual,
          .path = {"p"},
          .constants = {{.type = text, .text = value}},
          .children = {}};
}

AddFile AddBetween(const std::string& path, std::int64_t least, std::int64_t greatest) {
  AddFile add = HandmadeAdd(path);
  add.stats = HandmadeStats(least, greatest);
  return add;
}

// A base with files "low" (n 0..9), "high" (n 100..199), both of partition 'a'.
Snapshot Base() {
  Snapshot base;
  base.version = 4;
  base.metadata = HandmadeMetadata();
  base.files = {AddBetween("low", 0, 9), AddBetween("high", 100, 199)};
  return base;
}

AddFile Rearranged(AddFile add) {
  add.data_change = false;
  return add;
}

RemoveFile Rearranged(RemoveFile remove) {
  remove.data_change = false;
  return remove;
}

// One rule of the protocol: ours, theirs, and what the conflict says ("" if both may stand).
struct Case {
  std::string name;
  Changes ours;
  std::vector<Action> theirs;
  std::string conflict;
};

Changes Reading(Changes changes, Predicate predicate) {
  changes.reads = std::move(predicate);
  return changes;
}

Changes WithTxn(std::string app_id, std::int64_t version) {
  Changes changes = HandmadeChanges({HandmadeAdd("x")}, {});
  changes.txns.push_back({.app_id = std::move(app_id), .version = version, .last_updated = {}});
  return changes;
}

std::vector<Case> Cases() {
  const Changes append = HandmadeChanges({HandmadeAdd("mine")}, {});
  const Changes rewrite = HandmadeChanges({HandmadeAdd("mine")}, {HandmadeRemove("low")});
  const Predicate everything;
  const auto txn = [](std::string id) {
    return Txn{.app_id = std::move(id), .version = 5, .last_updated = {}};
  };
  return {
      {"append, append", append, {HandmadeAdd("x")}, ""},
      {"append, remove", append, {HandmadeRemove("low")}, ""},
      {"append, new columns", append, {HandmadeMetadata()}, "changed the columns or settings"},
      {"append, new protocol", append, {Protocol()}, "changed the columns or settings"},
      {"append, only a commit info", append, {CommitInfo()}, ""},
      {"rewrite, append", rewrite, {HandmadeAdd("x")}, ""},
      {"rewrite, other rewrite", rewrite, {HandmadeRemove("high"), HandmadeAdd("x")}, ""},
      {"rewrite, same rewrite", rewrite, {HandmadeRemove("low")}, "already replaced file low"},
      {"rewrite, same file optimised",
       rewrite,
       {Rearranged(HandmadeRemove("low")), Rearranged(HandmadeAdd("x"))},
       "already replaced file low"},
      {"reads all, append", Reading(rewrite, everything), {HandmadeAdd("x")}, "added rows"},
      {"reads all, rearranged",
       Reading(append, everything),
       {Rearranged(HandmadeRemove("low")), Rearranged(HandmadeAdd("x"))},
       ""},
      {"reads all, delete", Reading(append, everything), {HandmadeRemove("low")}, "removed rows"},
      {"reads a range, append in it",
       Reading(append, NumberBetween(5, 20)),
       {AddBetween("x", 20, 30)},
       "added rows"},
      {"reads a range, append beside it",
       Reading(append, NumberBetween(5, 20)),
       {AddBetween("x", 21, 30)},
       ""},
      {"reads a range, delete in it",
       Reading(append, NumberBetween(5, 20)),
       {HandmadeRemove("low")},
       "removed rows that this commit has read (file low)"},
      {"reads a range, delete beside it",
       Reading(append, NumberBetween(5, 20)),
       {HandmadeRemove("high")},
       ""},
      {"reads a partition, append in it",
       Reading(append, InPartition("a")),
       {HandmadeAdd("x")},
       "added rows"},
      {"reads a partition, append beside it",
       Reading(append, InPartition("b")),
       {HandmadeAdd("x")},
       ""},
      {"txn, same txn", WithTxn("app", 6), {txn("app")}, "moved transaction 'app' to 5"},
      {"txn, other txn", WithTxn("app", 6), {txn("other")}, ""},
  };
}

TEST(CheckConflict, FollowsTheProtocolsRules) {
  for (const Case& rule : Cases()) {
    std::vector<Action> theirs = rule.theirs;
    CommitInfo info;
    info.operation = "THEIRS";
    info.engine = "engine/1";
    info.run_id = "r1";
    theirs.emplace_back(info);

    const std::string error =
        ErrorOf<ConflictError>([&] { CheckConflict(rule.ours, Base(), 5, theirs, "s.t"); });

    EXPECT_EQ(error.empty(), rule.conflict.empty()) << rule.name << ": " << error;
    EXPECT_NE(error.find(rule.conflict), std::string::npos) << rule.name << ": " << error;
    if (!rule.conflict.empty() && rule.name != "append, only a commit info") {
      EXPECT_TRUE(error.starts_with("s.t: version 5 (THEIRS, engine/1, run r1)")) << error;
    }
  }
}

class CommitTest : public testing::Test {
 protected:
  CommitTest() { CommitChanges(table_.folder, Snapshot(), HandmadeCreation(), connection_); }

  Snapshot Load() { return LoadSnapshot(table_.folder, connection_); }
  std::int64_t Commit(const Snapshot& base, const Changes& changes) {
    return CommitChanges(table_.folder, base, changes, connection_);
  }

  HandmadeTable table_;
  sql::Database database_{{.memory_bytes = 256 << 20, .threads = 1, .spill_folder = {}}};
  sql::Connection connection_{database_.Connect()};
};

TEST_F(CommitTest, PutsChangesBehindTheBase) {
  const Snapshot base = Load();
  Changes changes = HandmadeChanges({HandmadeAdd("a")}, {});
  changes.info.run_id = "r1";

  EXPECT_EQ(Commit(base, changes), 1);
  EXPECT_EQ(Commit(Load(), HandmadeChanges({HandmadeAdd("b")}, {HandmadeRemove("a")})), 2);

  EXPECT_EQ(PathsOf(Load()), Paths{"b"});
  const auto info = std::get<CommitInfo>(ReadLogEntry(table_.folder, 1).at(0));
  EXPECT_EQ(info.run_id, "r1");
  EXPECT_EQ(info.read_version, 0);
  EXPECT_TRUE(info.engine.starts_with("weir/"));
}

TEST_F(CommitTest, GoesBehindHarmlessCommitsOfOthers) {
  const Snapshot base = Load();
  Commit(base, HandmadeChanges({HandmadeAdd("a")}, {}));

  EXPECT_EQ(Commit(base, HandmadeChanges({HandmadeAdd("b")}, {})), 2);
  EXPECT_EQ(PathsOf(Load()), (Paths{"a", "b"}));
}

TEST_F(CommitTest, LeavesNothingOfAConflictBehind) {
  Commit(Load(), HandmadeChanges({HandmadeAdd("a")}, {}));
  const Snapshot base = Load();
  Commit(base, HandmadeChanges({HandmadeAdd("b")}, {HandmadeRemove("a")}));

  EXPECT_THROW(Commit(base, HandmadeChanges({HandmadeAdd("c")}, {HandmadeRemove("a")})),
               ConflictError);
  EXPECT_EQ(PathsOf(Load()), Paths{"b"});
  EXPECT_EQ(LatestVersion(table_.folder), 2);
}

TEST_F(CommitTest, CreatesATableOnce) {
  EXPECT_THROW(Commit(Snapshot(), HandmadeCreation()), ConflictError);
}

TEST_F(CommitTest, CountsATransactionOnce) {
  const Snapshot base = Load();
  Changes changes = HandmadeChanges({HandmadeAdd("a")}, {});
  changes.txns.push_back({.app_id = "weir:r1", .version = 1, .last_updated = {}});

  EXPECT_EQ(Commit(base, changes), 1);
  EXPECT_EQ(Commit(base, changes), 1);
  Commit(base, HandmadeChanges({HandmadeAdd("b")}, {}));
  EXPECT_EQ(Commit(base, changes), 1);
  Commit(Load(), changes);

  EXPECT_EQ(LatestVersion(table_.folder), 2);
}

TEST_F(CommitTest, KeepsAnAppendOnlyTableGrowing) {
  Changes settings = HandmadeChanges({HandmadeAdd("a")}, {});
  settings.metadata = HandmadeMetadata();
  settings.metadata->configuration["delta.appendOnly"] = "true";
  Commit(Load(), settings);

  EXPECT_THROW(Commit(Load(), HandmadeChanges({}, {HandmadeRemove("a")})), UserError);
  EXPECT_EQ(Commit(Load(), HandmadeChanges({}, {Rearranged(HandmadeRemove("a"))})), 2);
}

TEST_F(CommitTest, RefusesATableThatWeirCannotWrite) {
  Changes newer = HandmadeChanges({}, {});
  newer.protocol = Protocol{.reader_version = 3,
                            .writer_version = 7,
                            .reader_features = {},
                            .writer_features = {"rowTracking"}};
  Commit(Load(), newer);

  EXPECT_THROW(Commit(Load(), HandmadeChanges({HandmadeAdd("a")}, {})), UserError);
}

TEST_F(CommitTest, NamesTheCorruptEntryInItsWay) {
  const Snapshot base = Load();
  table_.folder.store->Put(LogEntryKey(1), "{\"add\":");

  const std::string error =
      ErrorOf<UserError>([&] { Commit(base, HandmadeChanges({HandmadeAdd("a")}, {})); });
  EXPECT_TRUE(error.starts_with(table_.folder.store->Url(LogEntryKey(1)))) << error;
}

TEST_F(CommitTest, NeverGoesBackInTime) {
  Snapshot base = Load();
  base.timestamp = 99'999'999'999'999;
  Commit(base, HandmadeChanges({HandmadeAdd("a")}, {}));
  EXPECT_EQ(Load().timestamp, 99'999'999'999'999);
}

TEST_F(CommitTest, EveryAppendOfManyThreadsIsThereOnce) {
  constexpr int kThreads = 8;
  constexpr int kCommits = 25;
  const Snapshot base = Load();
  {
    std::vector<std::jthread> threads;
    for (int me = 0; me < kThreads; ++me) {
      threads.emplace_back([&, me] {
        const TableFolder folder{.store = storage::OpenStore(table_.root.url()), .name = "s.t"};
        for (int i = 0; i < kCommits; ++i) {
          CommitLocked(folder, base,
                       HandmadeChanges({HandmadeAdd(std::to_string(me * kCommits + i))}, {}));
        }
      });
    }
  }

  EXPECT_EQ(LatestVersion(table_.folder), kThreads * kCommits);
  EXPECT_EQ(Load().files.size(), static_cast<std::size_t>(kThreads * kCommits));
}

TEST_F(CommitTest, OneOfManyThreadsReplacesAFile) {
  constexpr int kThreads = 8;
  Commit(Load(), HandmadeChanges({HandmadeAdd("a")}, {}));
  const Snapshot base = Load();
  std::atomic<int> conflicts{0};
  {
    std::vector<std::jthread> threads;
    for (int me = 0; me < kThreads; ++me) {
      threads.emplace_back([&, me] {
        const auto lock = LockTable(table_.folder);
        const std::string error = ErrorOf<ConflictError>([&] {
          CommitLocked(table_.folder, base,
                       HandmadeChanges({HandmadeAdd(std::to_string(me))}, {HandmadeRemove("a")}));
        });
        conflicts += error.empty() ? 0 : 1;
      });
    }
  }

  EXPECT_EQ(conflicts, kThreads - 1);
  EXPECT_EQ(Load().files.size(), 1U);
}

}  // namespace
}  // namespace weir::lake
