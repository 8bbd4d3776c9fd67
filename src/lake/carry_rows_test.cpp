#include "lake/carry_rows.h"

#include <map>
#include <random>

#include "base/test_seed.h"
#include "lake/operations_fixture.h"

namespace weir::lake {
namespace {

using Strings = std::vector<std::string>;

class CarryRowsTest : public OperationsTest {
 protected:
  Committed Carry(const std::string& kept, const std::string& fresh) {
    const TableFolder folder = Table();
    const Snapshot snapshot = Open();
    const TableAt at{.folder = folder, .snapshot = snapshot};
    return CommitPlanned(
        warehouse_, at,
        PlanCarry(warehouse_, at, {.kept = kept, .fresh = fresh, .sort_by = {"id"}, .origin = {}}));
  }

  // The ids of a file in its order.
  Strings IdsIn(const AddFile& file) {
    const Snapshot snapshot = Open();
    return Unsorted("SELECT id FROM (" + ScanSql(Table(), snapshot, {file}, {}) + ")",
                    {{snapshot.metadata.schema.fields.front()}});
  }
};

TEST_F(CarryRowsTest, RandomRowsThatStayAndComeAreThoseOfAPlainList) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < std::max(TestRounds() / 50, 3); ++round) {
    std::map<std::uint64_t, std::uint64_t> rows;
    const auto some = [&](std::uint64_t version) {
      std::string values;
      for (std::uint64_t i = random() % 20 + 1; i > 0; --i) {
        const std::uint64_t id = random() % 1000;
        if (rows.emplace(id, version).second) {
          values += fmt::format("{}({}, {})", values.empty() ? "" : ", ", id, version);
        }
      }
      return values.empty() ? std::string("SELECT 1 AS id, 1 AS v WHERE false")
                            : fmt::format("SELECT * FROM (VALUES {}) AS rows(id, v)", values);
    };
    Write({.select = some(0), .mode = WriteMode::kOverwrite, .sort_by = {"id"}});
    for (std::uint64_t version = 1; version < 6; ++version) {
      const std::uint64_t divisor = random() % 40 + 1;  // 1: all go
      std::erase_if(rows, [&](const auto& row) { return row.first % divisor == 0; });
      Carry(fmt::format("id % {} <> 0", divisor), some(version));

      Strings wanted;
      for (const auto& [id, seen] : rows) {
        wanted.push_back(fmt::format("{}|{}", id, seen));
      }
      std::ranges::sort(wanted);
      ASSERT_EQ(Rows(), wanted) << "round " << round << ", version " << version;
      for (const AddFile& file : Open().files) {
        Strings ids = IdsIn(file);
        EXPECT_TRUE(std::ranges::is_sorted(ids, {}, [](const auto& id) { return std::stoi(id); }));
        EXPECT_EQ(StatisticsOf(file).num_rows, std::ssize(ids));
      }
    }
  }
}

TEST_F(CarryRowsTest, FilesOfWhichAllRowsStayAreLeftAlone) {
  Append("SELECT range AS id FROM range(0, 10)");
  Append("SELECT range AS id FROM range(10, 20)");
  Append("SELECT range AS id FROM range(20, 30)");
  const Strings before = Paths();

  const Committed done = Carry("id < 8 OR id > 19", "SELECT 40 AS id");

  const Strings after = Paths();
  EXPECT_EQ(std::ranges::count_if(
                before, [&](const auto& path) { return std::ranges::count(after, path) > 0; }),
            1);
  EXPECT_EQ(done.metrics.files_removed, 2);
  EXPECT_EQ(done.metrics.files_added, 2) << "one without two rows, and the fresh one";
  EXPECT_EQ(done.metrics.rows_deleted, 12);
  EXPECT_EQ(done.metrics.rows_inserted, 1);
}

TEST_F(CarryRowsTest, NothingThatGoesOrComesIsNoCommit) {
  Append("SELECT 1 AS id");
  EXPECT_FALSE(Carry("true", "SELECT 1 AS id WHERE false").changed);
}

TEST_F(CarryRowsTest, AnotherCommitInBetweenIsAConflict) {
  Append("SELECT 1 AS id");
  const TableFolder folder = Table();
  const Snapshot snapshot = Open();
  const TableAt at{.folder = folder, .snapshot = snapshot};
  const Changes changes = PlanCarry(
      warehouse_, at, {.kept = "true", .fresh = "SELECT 2 AS id", .sort_by = {}, .origin = {}});
  Append("SELECT 3 AS id");

  EXPECT_THROW(CommitPlanned(warehouse_, at, changes), ConflictError);
}

TEST_F(CarryRowsTest, ManySmallFilesAreScattered) {
  Append("SELECT 1 AS id");
  EXPECT_FALSE(IsScattered(Open()));
  Snapshot many = Open();
  many.files.assign(17, many.files.front());
  EXPECT_TRUE(IsScattered(many));
  many.files.front().size = 128LL << 20;  // room for four more
  EXPECT_FALSE(IsScattered(many));
}

}  // namespace
}  // namespace weir::lake
