#include "lake/forget_versions.h"

#include <fstream>
#include <iterator>
#include <random>

#include "base/test_seed.h"
#include "lake/delete_rows.h"
#include "lake/operation.h"
#include "lake/operations_fixture.h"
#include "lake/optimize.h"
#include "lake/quiet_versions.h"

namespace weir::lake {
namespace {

using Strings = std::vector<std::string>;

class ForgetVersionsTest : public OperationsTest {
 protected:
  // Deletes rows as an erasure does; the commit's version.
  std::int64_t Erase(const std::string& where) {
    const Snapshot base = Open();
    Changes changes = PlanDelete(warehouse_, {.folder = Table(), .snapshot = base},
                                 {.where = where, .bounds = {}, .origin = {}});
    changes.info.operation = kErasure;
    changes.info.run_id = "the-erasure";
    changes.info.parameters.clear();  // they would name the person
    return warehouse_.Commit(Table(), base, changes);
  }

  // Whether any file below the table's folder has these bytes, as it is stored.
  bool StandsOnDisk(const std::string& bytes) {
    for (const storage::ObjectInfo& object : Table().store->List("")) {
      if (Table().store->Get(object.key)->find(bytes) != std::string::npos) {
        return true;
      }
    }
    return false;
  }
};

TEST_F(ForgetVersionsTest, OlderVersionsAreGoneWithTheirStatistics) {
  Append("SELECT 'person-1' AS id");
  Append("SELECT 'person-2' AS id");
  const std::int64_t erased = Erase("id = 'person-1'");
  ASSERT_TRUE(StandsOnDisk("person-1"));

  EXPECT_EQ(ForgetVersionsBefore(warehouse_, Table(), erased), 1);

  EXPECT_FALSE(StandsOnDisk("person-1"));
  EXPECT_EQ(Rows(), Strings{"person-2"});
  EXPECT_EQ(OldestVersion(Table()), erased);
  EXPECT_EQ(ErrorOf([&] { Rows({.version = 0, .as_of = {}}); }),
            "s.t has no version 0 any more; its log begins with version 2; older ones held rows of "
            "people who were forgotten, and went with them (run the-erasure)");
  EXPECT_EQ(ForgetVersionsBefore(warehouse_, Table(), erased), 0);
}

TEST_F(ForgetVersionsTest, VersionsSinceThenStayReadable) {
  Append("SELECT 1 AS id");
  Append("SELECT 2 AS id");
  const std::int64_t erased = Erase("id = 1");
  Append("SELECT 3 AS id");
  DeleteRows(warehouse_, Table(), {.where = "id = 2", .bounds = {}, .origin = {}});

  EXPECT_EQ(NewestErasure(Table()), erased);
  ForgetVersionsBefore(warehouse_, Table(), erased);

  EXPECT_EQ(Rows({.version = erased, .as_of = {}}), Strings{"2"});
  EXPECT_EQ(Rows({.version = erased + 1, .as_of = {}}), (Strings{"2", "3"}));
  EXPECT_EQ(Rows(), Strings{"3"});
}

TEST_F(ForgetVersionsTest, ATableWithoutErasuresHasNone) {
  EXPECT_EQ(OldestVersion(Table()), -1);
  Append("SELECT 1 AS id");
  EXPECT_EQ(OldestVersion(Table()), 0);
  EXPECT_EQ(NewestErasure(Table()), std::nullopt);
}

// Whatever happened before: each version from the chosen one on has the rows that it had.
TEST_F(ForgetVersionsTest, AnyHistoryKeepsItsNewerVersions) {
  std::mt19937_64 random(TestSeed());
  std::int64_t next = 0;
  for (int round = 0; round < TestRounds(); ++round) {
    std::map<std::int64_t, Strings> known;
    for (int step = 0; step < 6; ++step) {
      if (random() % 3 > 0 || !Open().exists()) {
        Append(fmt::format("SELECT range AS id FROM range({}, {})", next, next + 3));
        next += 3;
      } else {
        DeleteRows(warehouse_, Table(),
                   {.where = fmt::format("id % 5 = {}", random() % 5), .bounds = {}, .origin = {}});
      }
      known[Open().version] = Rows();
    }
    auto chosen = known.begin();
    std::advance(chosen, random() % known.size());
    ForgetVersionsBefore(warehouse_, Table(), chosen->first);
    for (auto version = chosen; version != known.end(); ++version) {
      EXPECT_EQ(Rows({.version = version->first, .as_of = {}}), version->second);
    }
    EXPECT_EQ(OldestVersion(Table()), chosen->first);
  }
}

// Each entry is told by what was done, whatever its log says of it.
TEST_F(ForgetVersionsTest, WhatChangedNothingIsKnownOnceItsEntriesAreGone) {
  std::mt19937_64 random(TestSeed());
  std::set<std::int64_t> quiet;
  for (int round = 0; round < 4; ++round) {
    for (std::uint64_t left = random() % 3 + 1; left > 0; --left) {
      Append(fmt::format("SELECT 'person-{}' AS id, 1 AS n", round));
      Append(fmt::format("SELECT 'other-{}' AS id, {} AS n", round, left));
    }
    if (random() % 2 == 0) {
      const Committed packed = OptimizeTable(warehouse_, Table(), {});
      ASSERT_TRUE(packed.changed);
      quiet.insert(packed.version);
    }
    const std::set<std::int64_t> before = QuietVersions(Table());
    const std::int64_t erased = Erase(fmt::format("id = 'person-{}'", round));
    EXPECT_EQ(QuietVersions(Table()), before);
    quiet.insert(erased);

    ForgetVersionsBefore(warehouse_, Table(), erased);
    ForgetVersionsBefore(warehouse_, Table(), erased);

    EXPECT_EQ(QuietVersions(Table()), quiet);
  }
}

TEST_F(ForgetVersionsTest, ACommitThatLosesLeavesNoFilesOfItsOwn) {
  Append("SELECT range AS id FROM range(4)");
  const Snapshot base = Open();
  const TableAt at{.folder = Table(), .snapshot = base};
  std::vector<TableChanges> parts = {
      {.table = "s.t",
       .base = base,
       .changes = PlanDelete(warehouse_, at, {.where = "id = 1", .bounds = {}, .origin = {}})}};
  DeleteRows(warehouse_, Table(), {.where = "id = 2", .bounds = {}, .origin = {}});
  ASSERT_FALSE(parts.front().changes.adds.empty());
  const auto is_there = [&] {
    return Table().store->Head(DecodePath(parts.front().changes.adds.front().path)).has_value();
  };
  ASSERT_TRUE(is_there());

  EXPECT_THROW(CommitOrDiscard(warehouse_, "r", parts), ConflictError);

  EXPECT_FALSE(is_there());
  EXPECT_EQ(Rows(), (Strings{"0", "1", "3"}));
  parts.front() = {.table = "s.t",
                   .base = Open(),
                   .changes = PlanDelete(warehouse_, {.folder = Table(), .snapshot = Open()},
                                         {.where = "id = 1", .bounds = {}, .origin = {}})};
  CommitOrDiscard(warehouse_, "r", parts);
  EXPECT_TRUE(is_there());
  EXPECT_EQ(Rows(), (Strings{"0", "3"}));
}

}  // namespace
}  // namespace weir::lake
