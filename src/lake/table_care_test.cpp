// History, fingerprint, check and drop.

#include "lake/check_table.h"
#include "lake/checkpoint.h"
#include "lake/drop_table.h"
#include "lake/fingerprint.h"
#include "lake/history.h"
#include "lake/operation.h"
#include "lake/operations_fixture.h"
#include "lake/optimize.h"

namespace weir::lake {
namespace {

using Strings = std::vector<std::string>;

class TableCareTest : public OperationsTest {
 protected:
  std::vector<TableProblem> Check() {
    const TableFolder table = Table();
    const Snapshot snapshot = Open();
    return CheckTable(warehouse_, {.folder = table, .snapshot = snapshot});
  }

  Fingerprint Digest(const std::vector<std::string>& without = {}) {
    const TableFolder table = Table();
    const Snapshot snapshot = Open();
    return FingerprintOf(warehouse_, {.folder = table, .snapshot = snapshot}, without);
  }

  void ExpectHealthy() {
    for (const TableProblem& problem : Check()) {
      ADD_FAILURE() << problem.file << ": " << problem.what;
    }
  }

  std::string KeyOfFile() { return DecodePath(Paths().at(0)); }

  // Commits the table's only file with other statistics.
  void ReplaceStats(const std::string& from, const std::string& to) {
    const Snapshot base = Open();
    Changes changes;
    changes.adds = base.files;
    std::string& stats = changes.adds.at(0).stats;
    const auto place = stats.find(from);
    ASSERT_NE(place, std::string::npos) << stats;
    stats.replace(place, from.size(), to);
    warehouse_.Commit(Table(), base, changes);
  }
};

TEST_F(TableCareTest, HistoryIsNewestFirst) {
  Append("SELECT 1 AS id");
  Append("SELECT 2 AS id");
  OptimizeTable(warehouse_, Table(), {});
  const auto all = ReadHistory(Table(), 0);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].version, 2);
  EXPECT_EQ(all[0].info.operation, "OPTIMIZE");
  EXPECT_EQ(all[2].info.operation, "WRITE");
  EXPECT_GT(all[2].timestamp, 0);
  EXPECT_EQ(ReadHistory(Table(), 1).size(), 1U);
}

TEST_F(TableCareTest, TheFingerprintDependsOnRowsAlone) {
  Append("SELECT range AS id, 'a' AS name FROM range(5)");
  Append("SELECT range AS id, 'b' AS name FROM range(5)");
  const Fingerprint before = Digest();
  OptimizeTable(warehouse_, Table(), {.sort_by = {"name"}, .origin = {}});
  EXPECT_EQ(Digest(), before);
  EXPECT_EQ(before.digits.size(), 32U);
  EXPECT_EQ(before.num_rows, 10);
  const Fingerprint without = Digest({"NAME"});
  EXPECT_NE(without, before);
  Append("SELECT 1 AS id");
  EXPECT_NE(Digest().digits, before.digits);
  EXPECT_NE(ErrorOf([&] { Digest({"nam"}); }).find("name"), std::string::npos);
}

TEST_F(TableCareTest, AHealthyTableHasNoProblems) {
  Append(
      "SELECT range AS id, 'é' || range AS name, range % 2 AS p, {'a': range, 'b': NULL} AS s, "
      "'nan'::DOUBLE AS x, TIMESTAMPTZ '2026-01-02 03:04:05.678901' AS t, 1.25::DECIMAL(38,2) "
      "AS d FROM range(10)",
      {"p"});
  ExpectHealthy();
}

TEST_F(TableCareTest, AMissingFileAndAChangedOneAreNamed) {
  Append("SELECT 1 AS id");
  const TableFolder table = Table();
  storage::ObjectStore& store = *table.store;
  store.Put(KeyOfFile(), store.Get(KeyOfFile()).value() + "x");
  ASSERT_FALSE(Check().empty());
  EXPECT_NE(Check().at(0).what.find("bytes"), std::string::npos);
  store.Delete(KeyOfFile());
  ASSERT_EQ(Check().size(), 1U);
  EXPECT_EQ(Check().at(0), (TableProblem{.file = Paths().at(0), .what = "the file is missing"}));
}

TEST_F(TableCareTest, WrongStatisticsAreNamed) {
  Append("SELECT unnest([3, 4, NULL]) AS id");
  ReplaceStats("\"numRecords\":3", "\"numRecords\":4");
  ASSERT_EQ(Check().size(), 1U);
  EXPECT_EQ(Check().at(0).what, "number of rows: 3 instead of 4");
}

TEST_F(TableCareTest, WrongBoundsAndNullCountsAreNamed) {
  Append("SELECT unnest([3, 4, NULL]) AS id");
  ReplaceStats("\"id\":4", "\"id\":3");
  ReplaceStats("\"nullCount\":{\"id\":1}", "\"nullCount\":{\"id\":0}");
  ASSERT_EQ(Check().size(), 2U);
  EXPECT_NE(Check().at(0).what.find("nulls of column \"id\""), std::string::npos);
  EXPECT_NE(Check().at(1).what.find("above their maximum 3: 1 instead of 0"), std::string::npos);
}

TEST_F(TableCareTest, BoundsOfLongDecimalsAreTakenDigitByDigit) {
  Append(
      "SELECT unnest([1234567890123456.789::DECIMAL(20,3), -1]) AS v, "
      "99999999999999999999::DECIMAL(20,0) AS w");
  ExpectHealthy();
  ReplaceStats("1234567890123456.789", "1234567890123456.788");
  ASSERT_EQ(Check().size(), 1U);
  EXPECT_NE(Check().at(0).what.find("above their maximum 1234567890123456.788: 1 instead of 0"),
            std::string::npos)
      << Check().at(0).what;
}

// Other programs write such bounds through floating point.
TEST_F(TableCareTest, BoundsOfLongDecimalsByOthersAreNoProblem) {
  Append("SELECT 1234567890123456.789::DECIMAL(20,3) AS v");
  const Snapshot base = Open();
  Changes changes;
  changes.adds = base.files;
  changes.adds.at(0).tags.clear();
  std::string& stats = changes.adds.at(0).stats;
  for (std::size_t at = 0; (at = stats.find("456.789", at)) != std::string::npos;) {
    stats.replace(at, 7, "456.8");
  }
  warehouse_.Commit(Table(), base, changes);
  ExpectHealthy();
}

TEST_F(TableCareTest, FilesNamedByTheirUriAreFound) {
  if (!warehouse_.store().is_local()) {
    GTEST_SKIP() << "a path of the file system";
  }
  Append("SELECT 1 AS id");
  for (const std::string scheme : {"file:", "file://", ""}) {
    const Snapshot base = Open();
    const std::filesystem::path file = folder_ / fmt::format("a b {}.parquet", base.version);
    std::filesystem::copy(UrlOf(Table(), base.files.at(0)), file);
    Changes changes;
    changes.adds = base.files;
    changes.adds.at(0).path = scheme + EncodePath(file.string());
    changes.removes = RemovalsOf(base.files, true);
    warehouse_.Commit(Table(), base, changes);

    ExpectHealthy();
    std::filesystem::rename(file, folder_ / "gone");
    ASSERT_EQ(Check().size(), 1U);
    EXPECT_EQ(Check().at(0).what, "the file is missing");
    std::filesystem::rename(folder_ / "gone", file);
  }
}

// A table of Delta's features that weir reads through the extension: files and log are handmade.
class ForeignTableTest : public TableCareTest {
 protected:
  void SetUp() override {
    if (!warehouse_.store().is_local()) {
      GTEST_SKIP() << "files are made by path";
    }
  }

  // Puts a data file with the rows of `select`. Returns its size.
  std::uint64_t PutRows(const std::string& select) {
    const TableFolder table = Table();
    table.store->MakeFolder("");
    warehouse_.connection().Run(fmt::format("COPY ({}) TO {} (FORMAT parquet)", select,
                                            sql::QuoteText(table.store->Url("f.parquet"))));
    return table.store->Head("f.parquet")->size;
  }

  void PutLog(const std::string& text) { Table().store->Put(LogEntryKey(0), text); }

  std::string Problems() {
    std::string text;
    for (const TableProblem& problem : Check()) {
      text += problem.file + ": " + problem.what + "\n";
    }
    return text;
  }
};

// Rows 3, 4, 7, 11, 18 and 29 are deleted, by an inline deletion vector: the protocol's magic
// number, one bitmap with key 0 in the format of Roaring, all in its base 85.
TEST_F(ForeignTableTest, DeletionVectorsAreRead) {
  const auto size = PutRows("SELECT range AS id FROM range(40)");
  const auto put = [&](const std::string& vector, int cardinality) {
    PutLog(
        R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}})"
        "\n"
        R"({"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{"delta.enableDeletionVectors":"true"}}})"
        "\n" +
        fmt::format(
            R"({{"add":{{"path":"f.parquet","partitionValues":{{}},"size":{},"modificationTime":1,"dataChange":true,"stats":"{{\"numRecords\":40,\"minValues\":{{\"id\":1}},\"tightBounds\":true}}","deletionVector":{{{},"cardinality":{}}}}}}})"
            "\n",
            size, vector, cardinality));
  };
  const std::string inlined =
      R"("storageType":"i","pathOrInlineDv":"^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L","sizeInBytes":44)";

  put(inlined, 6);
  EXPECT_EQ(Problems(), "");
  put(inlined, 5);
  EXPECT_EQ(Problems(), ": number of rows: 34 instead of 35\n");
  put(R"("storageType":"p","pathOrInlineDv":"file:///nowhere/gone.bin","offset":1,"sizeInBytes":44)",
      6);
  EXPECT_EQ(Problems().substr(0, 25), ": the table can't be read");
}

// "day" and "my id" are "col-1" and "col-2" in the file and the log.
TEST_F(ForeignTableTest, MappedColumnsAreCheckedUnderTheirPhysicalNames) {
  const auto put = [&](std::uint64_t size, const std::string& values) {
    PutLog(
        R"({"protocol":{"minReaderVersion":2,"minWriterVersion":5}})"
        "\n"
        R"({"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"day\",\"type\":\"string\",\"nullable\":true,\"metadata\":{\"delta.columnMapping.id\":1,\"delta.columnMapping.physicalName\":\"col-1\"}},{\"name\":\"my id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{\"delta.columnMapping.id\":2,\"delta.columnMapping.physicalName\":\"col-2\"}}]}","partitionColumns":["day"],"configuration":{"delta.columnMapping.mode":"name","delta.columnMapping.maxColumnId":"2"}}})"
        "\n" +
        fmt::format(
            R"({{"add":{{"path":"f.parquet","partitionValues":{{"col-1":"d"}},"size":{},"modificationTime":1,"dataChange":true,"stats":"{{\"numRecords\":3,{}}}"}}}})"
            "\n",
            size, values));
  };
  const auto size = PutRows("SELECT unnest([1, 2, NULL])::BIGINT AS \"col-2\"");

  put(size, R"(\"minValues\":{\"col-2\":1},\"nullCount\":{\"col-2\":1})");
  EXPECT_EQ(Problems(), "");
  put(size, R"(\"minValues\":{\"col-2\":2},\"nullCount\":{\"col-2\":0})");
  EXPECT_EQ(Problems(),
            "f.parquet: nulls of column \"col-2\": 1 instead of 0\n"
            "f.parquet: values of column \"col-2\" below their minimum 2: 1 instead of 0\n");

  const TableFolder table = Table();
  std::string bytes = table.store->Get("f.parquet").value();
  bytes.replace(4, 16, 16, '\x7f');  // the first page's header
  table.store->Put("f.parquet", bytes);
  put(size, R"(\"nullCount\":{\"col-2\":1})");
  EXPECT_EQ(Problems().substr(0, 36), "f.parquet: the file can't be read: I");
}

TEST_F(TableCareTest, DropRemovesTheFolder) {
  Append("SELECT 1 AS id, 'a' AS p", {"p"});
  DropTable(warehouse_, Table());
  EXPECT_TRUE(warehouse_.store().ListFolders("s/").empty());
  EXPECT_TRUE(warehouse_.TableNames().empty());
  Append("SELECT 2 AS id");
  EXPECT_EQ(Rows(), (Strings{"2"}));
}

TEST_F(TableCareTest, AFolderWithoutALogIsNotDropped) {
  warehouse_.store().Put("s/t/mine.txt", "x");
  EXPECT_NE(ErrorOf([&] { DropTable(warehouse_, Table()); }).find("_delta_log"), std::string::npos);
  EXPECT_TRUE(warehouse_.store().Head("s/t/mine.txt"));
}

TEST_F(TableCareTest, DropLeavesWhatIsNotTheTablesOwnAndSaysSo) {
  Append("SELECT 1 AS id");
  Append("SELECT 2 AS id");
  OptimizeTable(warehouse_, Table(), {});  // so that the log names removed files, too
  auto& store = warehouse_.store();
  const std::string spark = "part-00000-8b2b7f3e-1c5a-4d0e-9f70-0a1b2c3d4e5f-c000.snappy.parquet";
  const Strings foreign = {"jan.csv", "mine.parquet", "notes/a.txt", spark};
  for (const std::string& key : foreign) {
    store.Put("s/t/" + key, "x");
  }
  store.Put("s/t/part-r1-0a1b2c3d-7.parquet", "of a dead run");
  store.Put("s/t/inner/_delta_log/00000000000000000000.json", "{}");
  store.Put("s/t/inner/part-r1-0a1b2c3d-0.parquet", "of another table");

  Strings kept = DropTable(warehouse_, Table());

  std::ranges::sort(kept);
  EXPECT_EQ(kept, (Strings{"inner/", "jan.csv", "mine.parquet", "notes/a.txt", spark}));
  Strings left;
  for (const auto& object : store.List("s/t/")) {
    left.push_back(object.key.substr(4));
  }
  EXPECT_EQ(left, (Strings{"inner/_delta_log/00000000000000000000.json",
                           "inner/part-r1-0a1b2c3d-0.parquet", "jan.csv", "mine.parquet",
                           "notes/a.txt", spark}));
}

// A file that other programs wrote, removed in an entry that a checkpoint has replaced.
TEST_F(TableCareTest, DropDeletesWhatOnlyACheckpointNames) {
  Append("SELECT 1 AS id");
  const Snapshot base = Open();
  Changes changes;
  changes.adds = base.files;
  changes.adds.at(0).path = "theirs.parquet";
  warehouse_.store().Put("s/t/theirs.parquet",
                         warehouse_.store().Get("s/t/" + KeyOfFile()).value());
  warehouse_.Commit(Table(), base, changes);
  WriteCheckpoint(Table(), Open(), warehouse_.connection());
  Write({.select = "SELECT 2 AS id", .mode = WriteMode::kOverwrite});
  warehouse_.store().Delete("s/t/" + LogEntryKey(0));
  warehouse_.store().Delete("s/t/" + LogEntryKey(1));
  warehouse_.store().Delete("s/t/" + LogEntryKey(2));
  EXPECT_EQ(Rows(), (Strings{"1", "1"}));

  EXPECT_EQ(DropTable(warehouse_, Table()), Strings{});
  EXPECT_TRUE(warehouse_.store().ListFolders("s/").empty());
}

// Whatever byte of the first page's header is wrong, each error names the file, in plain letters.
TEST_F(TableCareTest, ADamagedFileAndOneThatIsGoneAreNamed) {
  Append("SELECT range AS id, 'name ' || range AS name FROM range(1000)");
  const std::string key = "s/t/" + KeyOfFile();
  Append("SELECT 7 AS id, 'x' AS name");
  const std::string whole = warehouse_.store().Get(key).value();
  const std::string damaged = warehouse_.store().Url(key) + " is damaged (";
  std::string bad_bytes;
  for (std::size_t byte = 4; byte < 24; ++byte) {
    std::string bytes = whole;
    bytes[byte] = '\x7f';
    warehouse_.store().Put(key, bytes);
    const std::string error = ErrorOf([&] { Digest(); });
    if (!error.empty()) {  // other bytes are read as other rows
      EXPECT_NE(error.find(damaged), std::string::npos) << "byte " << byte << ": " << error;
      EXPECT_EQ(error.find('\x7f'), std::string::npos);
      bad_bytes = bytes;
    }
  }
  ASSERT_FALSE(bad_bytes.empty());
  warehouse_.store().Put(key, bad_bytes);

  const std::string optimized = ErrorOf([&] { OptimizeTable(warehouse_, Table(), {}); });
  const std::string merged = ErrorOf([&] { Merge("SELECT 5 AS id, 'y' AS name"); });
  warehouse_.store().Delete(key);
  const std::string gone = ErrorOf([&] { Digest(); });

  EXPECT_NE(optimized.find(damaged), std::string::npos) << optimized;
  EXPECT_NE(merged.find(damaged), std::string::npos) << merged;
  EXPECT_NE(gone.find(warehouse_.store().Url(key) + " is gone"), std::string::npos) << gone;
}

TEST_F(TableCareTest, ADropThatWasKilledIsFinishedByAnother) {
  Append("SELECT 1 AS id");
  Append("SELECT 2 AS id");
  warehouse_.store().Delete("s/t/_delta_log/00000000000000000000.json");
  DropTable(warehouse_, Table());
  EXPECT_TRUE(warehouse_.store().ListFolders("s/").empty());
}

}  // namespace
}  // namespace weir::lake
