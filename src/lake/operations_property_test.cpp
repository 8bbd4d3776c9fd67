// Random sequences of operations give, at every version, what an obvious model gives. The seed is
// logged and can be set by WEIR_TEST_SEED, the number of sequences by WEIR_TEST_ROUNDS.
#include <cstdlib>
#include <functional>
#include <random>

#include "lake/check_table.h"
#include "lake/checkpoint.h"
#include "lake/delete_rows.h"
#include "lake/operations_fixture.h"
#include "lake/operations_model.h"
#include "lake/optimize.h"
#include "lake/restore.h"
#include "lake/vacuum.h"

namespace weir::lake {
namespace {

using Cell = ModelTable::Cell;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::stoull(text);
}

// One sequence of operations on one table and its model.
class OperationsProperty : public OperationsTest {
 protected:
  void Start(std::uint64_t seed) {
    random_.seed(seed);
    ModelTable first = RandomRows(random_, {"id", "p"}, false);
    columns_ = {"p", "id", "name", "score"};
    Append(SqlOf(first), {"p"});
    model_ = first;
    Remember("create");
  }

  std::int64_t Below(std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random_);
  }

  ModelTable Source(bool unique) {
    if (Below(6) == 0) {
      columns_.push_back("n" + std::to_string(columns_.size()));
    }
    return RandomRows(random_, columns_, unique);
  }

  std::string AppendRows() {
    const ModelTable source = Source(false);
    WriteRequest request{.select = SqlOf(source)};
    if (Below(2) == 0) {
      request.sort_by = {"id"};
    }
    Write(request);
    model_.Append(source);
    return "append";
  }

  std::string OverwriteRows() {
    const ModelTable source = Source(false);
    Write({.select = SqlOf(source), .mode = WriteMode::kOverwrite});
    model_.Overwrite(source);
    return "overwrite";
  }

  std::string ReplaceRows() {
    ModelTable source = Source(false);
    WriteRequest request{.mode = WriteMode::kReplace};
    std::set<Cell> partitions = source.Partitions();
    if (Below(2) == 0) {
      const Cell partition = Below(3) == 0 ? Cell() : Cell("b c");
      std::erase_if(source.rows, [&](const auto& row) { return row.at("p") != partition; });
      request.replace = {{"p", partition}};
      partitions = {partition};
    }
    request.select = SqlOf(source);
    Write(request);
    model_.Replace(partitions, source);
    return "replace";
  }

  std::string MergeRows() {
    ModelTable source = Source(true);
    WriteRequest request{.mode = WriteMode::kMerge, .keys = {"id"}, .delete_absent = Below(4) == 0};
    if (Below(3) == 0) {
      request.keys = {"P", "id"};
      std::erase_if(source.rows, [](const auto& row) { return !row.at("p"); });
    }
    if (request.delete_absent) {
      request.delete_absent_where = "id % 2 = 0 -- even";
    }
    request.select = SqlOf(source);
    Write(request);
    std::vector<std::string> keys = {"id"};
    if (request.keys.size() > 1) {
      keys.emplace_back("p");
    }
    model_.Merge(source, keys, request.delete_absent);
    return "merge";
  }

  std::string DeleteSome() {
    const std::int64_t from = Below(40);
    const std::int64_t to = from + Below(20);
    const std::int64_t step = 1 + Below(3);
    const auto bound = [](Predicate::Comparison comparison, std::int64_t value) {
      return Predicate{.kind = Predicate::Kind::kCompare,
                       .comparison = comparison,
                       .path = {"id"},
                       .constants = {{.type = {.kind = TypeKind::kLong, .children = {}},
                                      .text = std::to_string(value)}},
                       .children = {}};
    };
    DeleteRows(warehouse_, Table(),
               {.where = fmt::format("id BETWEEN {} AND {} AND id % {} = 0", from, to, step),
                .bounds = AllOf({bound(Predicate::Comparison::kGreaterEqual, from),
                                 bound(Predicate::Comparison::kLessEqual, to)}),
                .origin = {}});
    model_.DeleteIds(from, to, step);
    return "delete";
  }

  std::string Optimize() {
    OptimizeRequest request;
    if (Below(2) == 0) {
      request.sort_by = {"id"};
    }
    OptimizeTable(warehouse_, Table(), request);
    if (!request.sort_by.empty()) {
      ExpectSorted();
    }
    return "optimize";
  }

  // Each partition has few rows, so one file, sorted by id.
  void ExpectSorted() {
    const Snapshot snapshot = Open();
    std::set<PartitionValues> partitions;
    for (const AddFile& file : snapshot.files) {
      EXPECT_TRUE(partitions.insert(file.partition_values).second) << file.path << "\n" << trace_;
    }
    const std::string rows = ScanSql(Table(), snapshot, snapshot.files, {true, true});
    EXPECT_EQ(warehouse_.connection().QueryInteger(fmt::format(
                  "SELECT count(*) FROM (SELECT id, lag(id) OVER (PARTITION BY weir_file_index "
                  "ORDER BY weir_row_number) AS before FROM ({})) WHERE before > id",
                  rows)),
              0)
        << trace_;
  }

  std::string Restore() {
    const std::int64_t version = Below(std::ssize(history_));
    RestoreTable(warehouse_, Table(), {.to = {.version = version, .as_of = {}}, .origin = {}});
    model_ = history_[static_cast<std::size_t>(version)];
    return fmt::format("restore to {}", version);
  }

  std::string Checkpoint() {
    WriteCheckpoint(Table(), Open(), warehouse_.connection());
    return "checkpoint";
  }

  // Notes the model of each version that an operation made, and that a version didn't change.
  void Remember(const std::string& step) {
    const std::int64_t version = LatestVersion(Table());
    trace_ += fmt::format("{}: {}\n", version, step);
    ASSERT_LE(version, std::ssize(history_)) << trace_;
    if (version == std::ssize(history_)) {
      history_.push_back(model_);
    }
    EXPECT_EQ(history_.back().Texts(), model_.Texts()) << "no commit for a change\n" << trace_;
  }

  void Step() {
    const std::vector<std::function<std::string()>> operations = {
        [this] { return AppendRows(); },  [this] { return OverwriteRows(); },
        [this] { return ReplaceRows(); }, [this] { return MergeRows(); },
        [this] { return MergeRows(); },   [this] { return DeleteSome(); },
        [this] { return Optimize(); },    [this] { return Restore(); },
        [this] { return Checkpoint(); }};
    Remember(operations[static_cast<std::size_t>(Below(std::ssize(operations)))]());
  }

  void CompareAllVersions() {
    for (std::size_t version = 0; version < history_.size(); ++version) {
      EXPECT_EQ(Rows({.version = static_cast<std::int64_t>(version), .as_of = {}}),
                history_[version].Texts())
          << "version " << version << " of\n"
          << trace_;
    }
  }

  // Files that only old versions need go; the newest version stays whole.
  void VacuumAndCompare() {
    VacuumTable(warehouse_, Table(), {.retention = 0, .allow_short = true, .protected_keys = {}});
    EXPECT_EQ(Rows(), model_.Texts()) << trace_;
    const Snapshot snapshot = Open();
    const TableFolder table = Table();
    for (const TableProblem& problem :
         CheckTable(warehouse_, {.folder = table, .snapshot = snapshot})) {
      ADD_FAILURE() << problem.file << ": " << problem.what << "\n" << trace_;
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> columns_;
  ModelTable model_;
  std::vector<ModelTable> history_;
  std::string trace_;
};

class OperationsPropertyTest : public OperationsProperty {};

TEST_F(OperationsPropertyTest, EveryVersionEqualsTheModel) {
  const std::uint64_t seed = FromEnvironment("WEIR_TEST_SEED", std::random_device()());
  const std::uint64_t rounds = FromEnvironment("WEIR_TEST_ROUNDS", 20);
  std::fprintf(stderr, "WEIR_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  for (std::uint64_t round = 0; round < rounds && !HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("WEIR_TEST_SEED={} round {}", seed, round));
    history_.clear();
    trace_.clear();
    storage::ClearStore(warehouse_.store());
    Start(seed + round);
    constexpr int kSteps = 10;
    for (int step = 0; step < kSteps && !HasFailure(); ++step) {
      Step();
    }
    CompareAllVersions();
    VacuumAndCompare();
  }
}

}  // namespace
}  // namespace weir::lake
