#include "lake/warehouse.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "lake/handmade_table.h"
#include "lake/intent.h"
#include "lake/log_names.h"

namespace weir::lake {
namespace {

using Names = std::vector<std::string>;
using Paths = std::vector<std::string>;

class WarehouseTest : public testing::Test {
 protected:
  void Create(const std::string& table) {
    warehouse_.Commit(warehouse_.FolderOf(table), Snapshot(), HandmadeCreation());
  }
  TableChanges Adding(const std::string& table, const std::string& path) {
    return {.table = table,
            .base = warehouse_.Open(warehouse_.FolderOf(table)),
            .changes = HandmadeChanges({HandmadeAdd(path)}, {})};
  }
  TableChanges Making(const std::string& table) const {
    return {.table = table, .base = Snapshot(), .changes = HandmadeCreation()};
  }
  Paths PathsIn(const std::string& table) {
    return PathsOf(warehouse_.Open(warehouse_.FolderOf(table)));
  }
  // What a run leaves that was killed right after its intent.
  void LeaveIntent(const std::string& run_id, bool is_dead) {
    Intent intent{.run_id = run_id, .owner = CurrentProcess(), .created = Now(), .tables = {}};
    intent.owner.start += is_dead ? 1 : 0;
    for (const char* table : {"s.a", "s.b"}) {
      Changes changes = HandmadeChanges({HandmadeAdd(run_id)}, {});
      changes.txns.push_back({.app_id = "weir:" + run_id, .version = 1, .last_updated = {}});
      intent.tables.push_back({.table = table, .base_version = 0, .changes = changes});
    }
    warehouse_.store().Put(IntentKey(run_id), ToJson(intent));
  }

  storage::TestRoot root_;
  sql::Database database_{{.memory_bytes = 256 << 20, .threads = 1, .spill_folder = {}}};
  Warehouse warehouse_{root_.url(), database_};
};

TEST_F(WarehouseTest, NamesItsTables) {
  EXPECT_EQ(warehouse_.TableNames(), Names{});
  for (const char* table : {"b.y", "a.z", "a.x y", "weir.runs"}) {
    Create(table);
  }
  warehouse_.store().MakeFolder("a/no_table");
  warehouse_.store().MakeFolder("a/empty_log/_delta_log");
  warehouse_.store().Put("_weir/intents.txt", "");

  EXPECT_EQ(warehouse_.TableNames(), (Names{"a.x y", "a.z", "b.y"}));
  EXPECT_EQ(warehouse_.TableNames(true), (Names{"a.x y", "a.z", "b.y", "weir.runs"}));
}

TEST_F(WarehouseTest, RefusesNamesThatAreNotTwoPlainParts) {
  for (const char* name : {"", "t", "a.", ".b", "a.b.c", "a./b", "../x.y", "a.b'c", "_weir.x",
                           "a._b", "a.b/c", "a..b", "..", "a.\"b\"", "a.b@v1"}) {
    EXPECT_THROW(warehouse_.FolderOf(name), UserError) << name;
  }
}

TEST_F(WarehouseTest, KnowsATableOfItsByPath) {
  EXPECT_EQ(warehouse_.Resolve("s.t").name, "s.t");
  EXPECT_EQ(warehouse_.Resolve(warehouse_.root() + "/s/t").name, "s.t");
  EXPECT_EQ(warehouse_.Resolve(warehouse_.root() + "/s/t/").name, "s.t");
  EXPECT_EQ(warehouse_.Resolve("/elsewhere/t").name, "/elsewhere/t");
  EXPECT_EQ(warehouse_.Resolve(warehouse_.root() + "/s").name, warehouse_.root() + "/s");
}

TEST_F(WarehouseTest, WhatHasNoSlashIsANameAndNeverAFolder) {
  Create("sales.orders");
  for (const char* name : {"sales", "a.b.c", "sales.", ".x", "sales..x", "_weir.x", "sales._x",
                           "sales.x@v1", "orders", ""}) {
    EXPECT_NE(ErrorOf([&] { warehouse_.Resolve(name); }).find("is not a table's name"),
              std::string::npos)
        << name;
  }
  EXPECT_NE(ErrorOf([&] { warehouse_.Resolve("ordres"); }).find("did you mean 'sales.orders'?"),
            std::string::npos);
  EXPECT_NE(warehouse_.Resolve(".").name, "");
}

TEST_F(WarehouseTest, SuggestsTheNearestTable) {
  Create("s.events");
  const std::string error = ErrorOf<UserError>([&] { warehouse_.OpenTogether({"s.event"}, true); });
  EXPECT_EQ(error, "there is no table s.event; did you mean 's.events'?");
  EXPECT_FALSE(warehouse_.OpenTogether({"s.event"}, false).at(0).exists());
}

TEST_F(WarehouseTest, CommitsSeveralTablesAndTakesTheIntentAway) {
  Create("s.a");

  warehouse_.CommitTogether("r1", {Adding("s.a", "x"), Making("s.b")});

  EXPECT_EQ(PathsIn("s.a"), Paths{"x"});
  EXPECT_EQ(warehouse_.Open(warehouse_.FolderOf("s.b")).version, 0);
  EXPECT_TRUE(ListIntents(warehouse_.store()).empty());
  EXPECT_EQ(warehouse_.Open(warehouse_.FolderOf("s.a")).txns.at("weir:r1").version, 1);
}

TEST_F(WarehouseTest, CommitsARunOnce) {
  Create("s.a");
  Create("s.b");
  const std::vector<TableChanges> parts = {Adding("s.a", "x"), Adding("s.b", "x")};

  warehouse_.CommitTogether("r1", parts);
  warehouse_.CommitTogether("r1", parts);
  warehouse_.CommitTogether("r1", {Adding("s.a", "y"), Adding("s.b", "y")});

  EXPECT_EQ(PathsIn("s.a"), Paths{"x"});
  EXPECT_EQ(warehouse_.Open(warehouse_.FolderOf("s.b")).version, 1);
}

TEST_F(WarehouseTest, ShowsNothingOfARunThatConflictsInOneTable) {
  Create("s.a");
  Create("s.b");
  warehouse_.CommitTogether("r1", {Adding("s.b", "old")});
  TableChanges replacing = Adding("s.b", "new");
  replacing.changes.removes.push_back(HandmadeRemove("old"));
  const std::vector<TableChanges> first = {Adding("s.a", "x"), replacing};
  const std::vector<TableChanges> second = {Adding("s.a", "y"), replacing};
  warehouse_.CommitTogether("r2", first);

  const std::string error =
      ErrorOf<ConflictError>([&] { warehouse_.CommitTogether("r3", second); });

  EXPECT_NE(error.find("run r2"), std::string::npos) << error;
  EXPECT_EQ(PathsIn("s.a"), Paths{"x"});
  EXPECT_TRUE(ListIntents(warehouse_.store()).empty());
}

TEST_F(WarehouseTest, RefusesARunThatWritesATableTwice) {
  Create("s.a");
  EXPECT_THROW(warehouse_.CommitTogether("r1", {Adding("s.a", "x"), Adding("s.a", "y")}),
               UserError);
}

TEST_F(WarehouseTest, RefusesToRemoveFromAnAppendOnlyTable) {
  Changes creation = HandmadeCreation();
  creation.metadata->configuration["delta.appendOnly"] = "true";
  creation.adds.push_back(HandmadeAdd("x"));
  warehouse_.Commit(warehouse_.FolderOf("s.a"), Snapshot(), creation);
  TableChanges part = Adding("s.a", "y");
  part.changes.removes.push_back(HandmadeRemove("x"));

  EXPECT_THROW(warehouse_.CommitTogether("r1", {part}), UserError);
  EXPECT_EQ(PathsIn("s.a"), Paths{"x"});
}

TEST_F(WarehouseTest, FinishesTheCommitOfADeadRunBeforeItReads) {
  Create("s.a");
  Create("s.b");
  LeaveIntent("r1", true);

  EXPECT_EQ(PathsIn("s.b"), Paths{"r1"});
  EXPECT_EQ(PathsIn("s.a"), Paths{"r1"});
  EXPECT_TRUE(ListIntents(warehouse_.store()).empty());
}

TEST_F(WarehouseTest, ReadsTheVersionBeforeARunThatIsCommitting) {
  Create("s.a");
  Create("s.b");
  LeaveIntent("r1", false);
  const IntentTable part = ListIntents(warehouse_.store()).at(0).tables.at(0);
  AppendEntry(warehouse_.FolderOf("s.a"), 0, Snapshot(), part.changes);

  const auto snapshots = warehouse_.OpenTogether({"s.a", "s.b"}, true);

  EXPECT_EQ(PathsOf(snapshots.at(0)), Paths{});
  EXPECT_EQ(PathsOf(snapshots.at(1)), Paths{});
}

TEST_F(WarehouseTest, FinishesAnIntentInTheWayOfACommitWhoseOwnerFailed) {
  Create("s.a");
  Create("s.b");
  const TableChanges mine = Adding("s.a", "mine");
  LeaveIntent("r1", false);

  warehouse_.Commit(warehouse_.FolderOf("s.a"), mine.base, mine.changes);

  EXPECT_EQ(PathsIn("s.a"), (Paths{"mine", "r1"}));
  EXPECT_EQ(PathsIn("s.b"), Paths{"r1"});
}

TEST_F(WarehouseTest, FinishesADeadRunThatWasHalfDone) {
  Create("s.a");
  Create("s.b");
  LeaveIntent("r1", true);
  const IntentTable part = ListIntents(warehouse_.store()).at(0).tables.at(0);
  AppendEntry(warehouse_.FolderOf("s.a"), 0, Snapshot(), part.changes);

  EXPECT_EQ(warehouse_.RollForward(), Names{"r1"});
  EXPECT_EQ(warehouse_.RollForward(), Names{});
  EXPECT_EQ(warehouse_.Open(warehouse_.FolderOf("s.a")).version, 1);
  EXPECT_EQ(PathsIn("s.b"), Paths{"r1"});
}

TEST_F(WarehouseTest, OneThatIsOnlyReadStaysAsADeadRunLeftIt) {
  Create("s.a");
  Create("s.b");
  LeaveIntent("r1", true);
  const IntentTable part = ListIntents(warehouse_.store()).at(0).tables.at(0);
  AppendEntry(warehouse_.FolderOf("s.a"), 0, Snapshot(), part.changes);
  Warehouse reader(root_.url(), database_, Access::kRead);

  EXPECT_EQ(PathsOf(reader.Open(reader.FolderOf("s.a"))), Paths{});
  EXPECT_EQ(PathsOf(reader.Open(reader.FolderOf("s.a"), {.version = 0, .as_of = {}})), Paths{});
  EXPECT_EQ(PathsOf(reader.OpenTogether({"s.a", "s.b"}, true).at(1)), Paths{});
  EXPECT_THROW(reader.Commit(reader.FolderOf("s.c"), Snapshot(), HandmadeCreation()), UserError);
  EXPECT_THROW(reader.CommitTogether("r2", {Making("s.c")}), UserError);
  EXPECT_THROW(reader.RollForward(), UserError);

  EXPECT_EQ(ListIntents(warehouse_.store()).size(), 1);
  EXPECT_FALSE(warehouse_.store().Head("s/b/" + LogEntryKey(1)));
  EXPECT_EQ(reader.TableNames(), (Names{"s.a", "s.b"}));
}

// The intent of a run that makes s.a and s.b, of which s.a is committed.
void LeaveHalfMade(Warehouse& warehouse, bool is_dead) {
  Intent intent{.run_id = "r1", .owner = CurrentProcess(), .created = Now(), .tables = {}};
  intent.owner.start += is_dead ? 1 : 0;
  for (const char* table : {"s.a", "s.b"}) {
    Changes changes = HandmadeCreation();
    changes.txns.push_back({.app_id = "weir:r1", .version = 1, .last_updated = {}});
    intent.tables.push_back({.table = table, .base_version = -1, .changes = changes});
  }
  warehouse.store().Put(IntentKey("r1"), ToJson(intent));
  AppendEntry(warehouse.FolderOf("s.a"), -1, Snapshot(), intent.tables.at(0).changes);
}

TEST_F(WarehouseTest, NamesAllTablesThatADeadRunWasMaking) {
  LeaveHalfMade(warehouse_, true);

  EXPECT_EQ(warehouse_.TableNames(), (Names{"s.a", "s.b"}));
  EXPECT_EQ(warehouse_.VersionOf(warehouse_.FolderOf("s.b")), 0);
}

TEST_F(WarehouseTest, NamesNoTableThatARunIsJustMaking) {
  Create("s.c");
  LeaveHalfMade(warehouse_, false);
  Warehouse reader(root_.url(), database_, Access::kRead);

  for (Warehouse* warehouse : {&warehouse_, &reader}) {
    EXPECT_EQ(warehouse->TableNames(), Names{"s.c"});
    EXPECT_EQ(warehouse->VersionsTogether({"s.a", "s.b", "s.c", "s.d"}),
              (std::vector<std::int64_t>{-1, -1, 0, -1}));
  }
}

TEST_F(WarehouseTest, TellsVersionsAsTheyAreOpened) {
  Create("s.a");
  Create("s.b");
  LeaveIntent("r1", false);
  const IntentTable part = ListIntents(warehouse_.store()).at(0).tables.at(0);
  AppendEntry(warehouse_.FolderOf("s.a"), 0, Snapshot(), part.changes);

  const std::vector<std::int64_t> before = warehouse_.VersionsTogether({"s.a", "s.b"});
  warehouse_.store().Delete(IntentKey("r1"));
  LeaveIntent("r1", true);
  const std::vector<std::int64_t> after = warehouse_.VersionsTogether({"s.a", "s.b"});

  EXPECT_EQ(before, (std::vector<std::int64_t>{0, 0}));
  EXPECT_EQ(after, (std::vector<std::int64_t>{1, 1}));
}

TEST_F(WarehouseTest, NamesTablesThoughAnIntentSaysNothing) {
  Create("s.a");
  warehouse_.store().Put(IntentKey("r1"), "{");

  EXPECT_EQ(warehouse_.TableNames(), Names{"s.a"});
}

TEST_F(WarehouseTest, NamesTheIntentThatAnotherProgramMadeImpossible) {
  Create("s.a");
  Create("s.b");
  LeaveIntent("r1", true);
  const TableFolder table = warehouse_.FolderOf("s.b");
  table.store->Put(LogEntryKey(1), EntryOf({HandmadeMetadata()}));

  const std::string error = ErrorOf<ExternalError>([&] { warehouse_.RollForward(); });

  EXPECT_NE(error.find("run r1 is committed but can't be finished"), std::string::npos) << error;
  EXPECT_NE(error.find(IntentKey("r1")), std::string::npos) << error;
}

TEST_F(WarehouseTest, NamesACorruptIntent) {
  Create("s.a");
  warehouse_.store().Put(IntentKey("r1"), "{");

  const std::string error = ErrorOf<UserError>([&] { PathsIn("s.a"); });
  EXPECT_TRUE(error.starts_with(warehouse_.store().Url(IntentKey("r1")))) << error;
  EXPECT_NE(error.find("no table can be read or written until"), std::string::npos) << error;
}

TEST_F(WarehouseTest, GoesOnWithTablesThatNoImpossibleIntentConcerns) {
  for (const char* table : {"s.a", "s.b", "s.c"}) {
    Create(table);
  }
  LeaveIntent("r1", true);
  const TableFolder table = warehouse_.FolderOf("s.b");
  table.store->Put(LogEntryKey(1), EntryOf({HandmadeMetadata()}));

  warehouse_.CommitTogether("r2", {Adding("s.c", "x"), Making("s.d")});

  EXPECT_EQ(PathsIn("s.c"), Paths{"x"});
  EXPECT_THROW(PathsIn("s.a"), ExternalError);
  EXPECT_THROW(warehouse_.Commit(warehouse_.FolderOf("s.b"), Snapshot(), HandmadeChanges({}, {})),
               ExternalError);
}

TEST_F(WarehouseTest, RefusesOnlyTheTablesThatABrokenIntentNames) {
  Create("s.a");
  Create("s.c");
  LeaveIntent("r2", true);
  warehouse_.store().Put(IntentKey("r1"),
                         R"({"format": 2, "tables": [{"table": "s.a"}, {"table": "s.d"}]})");

  EXPECT_EQ(warehouse_.Open(warehouse_.FolderOf("s.c")).version, 0);
  const std::string error = ErrorOf<UserError>([&] { PathsIn("s.a"); });
  EXPECT_TRUE(error.starts_with(warehouse_.store().Url(IntentKey("r1")))) << error;
  EXPECT_NE(error.find("s.a, s.d can't be read or written until"), std::string::npos) << error;
  EXPECT_EQ(ErrorOf<UserError>([&] { warehouse_.CommitTogether("r3", {Making("s.d")}); }), error);
}

TEST_F(WarehouseTest, WritesACheckpointWhereARunReachesItsVersion) {
  Changes creation = HandmadeCreation();
  creation.metadata->configuration["delta.checkpointInterval"] = "2";
  warehouse_.Commit(warehouse_.FolderOf("s.a"), Snapshot(), creation);
  for (const char* run : {"r1", "r2"}) {
    warehouse_.CommitTogether(run, {Adding("s.a", run)});
  }

  EXPECT_TRUE(warehouse_.store()
                  .Head("s/a/_delta_log/00000000000000000002.checkpoint.parquet")
                  .has_value());
  EXPECT_EQ(PathsIn("s.a"), (Paths{"r1", "r2"}));
}

}  // namespace
}  // namespace weir::lake
