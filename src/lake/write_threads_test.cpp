// What a write gives doesn't depend on how many threads it has, and is what one query a partition
// gives. The seed is logged; see base/test_seed.h.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/error.h"
#include "base/test_seed.h"
#include "lake/data_fixture.h"

namespace weir::lake {
namespace {

using Texts = std::vector<std::string>;

// Writes with so many threads, into a folder of its own.
class Writer {
 public:
  explicit Writer(int threads, std::uint64_t memory_bytes = 512 << 20)
      : database_({.memory_bytes = memory_bytes, .threads = threads, .spill_folder = {}}),
        connection_(database_.Connect()) {}

  std::vector<AddFile> Write(const std::string& select, const WriteOptions& options) {
    metadata_ = NewMetadata(connection_.Describe(select), {"p", "q"});
    return WriteData(connection_, folder_, metadata_, select, options);
  }

  // All files, numbered as they were named: number, size, statistics and the rows in their order.
  Texts Contents(const std::vector<AddFile>& files) {
    Texts contents;
    for (const AddFile& file : files) {
      const std::string path = DecodePath(file.path);
      const auto dash = path.rfind('-');
      contents.push_back(fmt::format("{}{} {} {}: {}", path.substr(0, path.rfind('/') + 1),
                                     path.substr(dash), file.size, file.stats,
                                     fmt::join(RowsOf(file), ", ")));
    }
    std::ranges::sort(contents);
    return contents;
  }

  // In the order in which they stand in the file.
  std::vector<std::int64_t> RowsOf(const AddFile& file) {
    return Numbers(
        fmt::format("SELECT i FROM read_parquet({}, file_row_number = true, "
                    "hive_partitioning = false) ORDER BY file_row_number",
                    sql::QuoteText(folder_.store->Url(DecodePath(file.path)))));
  }

  std::vector<std::int64_t> Numbers(const std::string& select) {
    std::vector<std::int64_t> numbers;
    for (const auto& row : connection_.Query(select).Rows()) {
      numbers.push_back(std::get<std::int64_t>(row.at(0)));
    }
    return numbers;
  }

 private:
  TestFolder test_folder_;
  TableFolder folder_{.store = std::make_shared<storage::LocalStore>(test_folder_.path()),
                      .name = "s.t"};
  sql::Database database_;
  sql::Connection connection_;
  Metadata metadata_;
};

// Rows with a number each, in many partitions: most rows in one, which is more than a group of
// DuckDB's where there are many.
std::string RandomSelect(std::mt19937_64& random, bool is_large) {
  const auto below = [&](std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random);
  };
  const std::int64_t num_rows = is_large ? 200'000 + below(20'000) : below(6'000);
  const std::int64_t num_partitions = 1 + below(40);
  return fmt::format(
      "SELECT CAST((range * 1000003) % {0} AS BIGINT) AS i, md5(range::VARCHAR) AS text, "
      "[range % 3, NULL] AS list, "
      "CASE WHEN h % 4 <> 0 THEN 'main' WHEN h % 11 = 0 THEN NULL ELSE 'p ' || h % {1} END AS p, "
      "CASE WHEN h % 4 <> 0 THEN 0 ELSE CAST(h % 2 AS INTEGER) END AS q FROM (SELECT range, "
      "hash(range + {2}) AS h FROM range({0}))",
      num_rows, num_partitions, below(1'000'000));
}

// The rows that a file of the partition must have, by an obvious query.
std::string RowsOfPartition(const std::string& select, const PartitionValues& values) {
  const auto& text = values.at("p");
  return fmt::format("SELECT i FROM ({}) WHERE p {} AND q = {} ORDER BY i", select,
                     text ? "= " + sql::QuoteText(*text) : "IS NULL", *values.at("q"));
}

TEST(WriteThreadsTest, GiveTheSameFilesAsOneQueryAPartition) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() / 5; ++round) {
    const std::string select = RandomSelect(random, round == 0);
    const WriteOptions options{.sort_by = {"i"}, .run_id = "run"};
    Writer one(1);
    const std::vector<AddFile> files = one.Write(select, options);
    const Texts contents = one.Contents(files);

    for (const int threads : {2, 8}) {
      Writer several(threads);
      EXPECT_EQ(several.Contents(several.Write(select, options)), contents) << select;
    }
    std::int64_t num_rows = 0;
    for (const AddFile& file : files) {
      EXPECT_EQ(one.RowsOf(file), one.Numbers(RowsOfPartition(select, file.partition_values)));
      num_rows += StatisticsOf(file).num_rows.value();
    }
    EXPECT_EQ(num_rows, one.Numbers("SELECT count(*) FROM (" + select + ")").at(0)) << select;
  }
}

// As RandomSelect(), in any order, and with texts for partitions.
std::string FewSelect(std::mt19937_64& random, bool is_large) {
  const auto below = [&](std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random);
  };
  return fmt::format(
      "SELECT i, text, list, p, q::VARCHAR AS q FROM ({}) AS rows ORDER BY hash(i + {})",
      RandomSelect(random, is_large), below(1000));
}

// Rows of a batch lie in the order in which they come, whether there is memory for all of them or
// not.
TEST(WriteThreadsTest, FewRowsLieInTheOrderOfTheSelect) {
  std::mt19937_64 random(TestSeed());
  constexpr std::uint64_t kTooLittle = 128 << 20;  // for a large batch
  for (int round = 0; round < TestRounds() / 5; ++round) {
    const std::string select = FewSelect(random, round == 0);
    const WriteOptions options{.run_id = "run", .expects_few = true};
    Writer one(1);
    const std::vector<AddFile> files = one.Write(select, options);
    const Texts contents = one.Contents(files);

    for (const int threads : {1, 2, 8}) {
      Writer several(threads, threads == 1 ? kTooLittle : 512 << 20);
      EXPECT_EQ(several.Contents(several.Write(select, options)), contents) << select;
    }
    std::int64_t num_rows = 0;
    std::vector<PartitionValues> partitions;
    for (const AddFile& file : files) {
      const auto& [p, q] = std::pair(file.partition_values.at("p"), file.partition_values.at("q"));
      EXPECT_EQ(
          one.RowsOf(file),
          one.Numbers(fmt::format("SELECT i FROM ({}) WHERE p {} AND q = {}", select,
                                  p ? "= " + sql::QuoteText(*p) : "IS NULL", sql::QuoteText(*q))))
          << select;
      num_rows += StatisticsOf(file).num_rows.value();
      partitions.push_back(file.partition_values);
    }
    std::ranges::sort(partitions);
    EXPECT_EQ(std::ranges::adjacent_find(partitions), partitions.end());
    EXPECT_EQ(num_rows, one.Numbers("SELECT count(*) FROM (" + select + ")").at(0)) << select;
  }
}

TEST(WriteThreadsTest, OneFolderThatCannotBeMadeFailsAllAndLeavesNothing) {
  const TestFolder folder;
  std::ofstream(folder.path() / "p=7") << "in the way";
  sql::Database database({.memory_bytes = 512 << 20, .threads = 4, .spill_folder = {}});
  sql::Connection connection = database.Connect();
  const TableFolder table{.store = std::make_shared<storage::LocalStore>(folder.path()),
                          .name = "s.t"};
  const std::string select = "SELECT range AS i, range % 40 AS p FROM range(4000)";

  std::string error;
  try {
    WriteData(connection, table, NewMetadata(connection.Describe(select), {"p"}), select, {});
  } catch (const ExternalError& problem) {
    error = problem.what();
  }

  EXPECT_NE(error.find("p=7"), std::string::npos) << error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    EXPECT_TRUE(entry.is_directory() || entry.path().filename() == "p=7") << entry.path();
  }
}

}  // namespace
}  // namespace weir::lake
