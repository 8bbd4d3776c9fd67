#include "lake/scan.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "lake/data_fixture.h"

namespace weir::lake {
namespace {

using Texts = std::vector<std::string>;

class ScanTest : public DataTest {
 protected:
  // A file as another program wrote it, without statistics.
  AddFile Foreign(const std::string& select, const std::string& name) {
    connection_.Run(fmt::format("COPY ({}) TO {} (FORMAT parquet)", select,
                                sql::QuoteText(test_folder_.text() + "/" + name)));
    AddFile file;
    file.path = EncodePath(name);
    return file;
  }

  // The table's columns, as those of `select`.
  void SetColumns(const std::string& select, const std::vector<std::string>& partition_by = {}) {
    metadata_ = NewMetadata(connection_.Describe(select), partition_by);
  }
};

TEST_F(ScanTest, GivesNoRowsWithoutFiles) {
  SetColumns("SELECT 1 AS i, {'a': 1} AS s");

  EXPECT_EQ(Rows(Scan({})), Texts{});
  EXPECT_EQ(connection_.Describe(Scan({}, {true, true})).names(),
            (Texts{"i", "s", "weir_file_index", "weir_row_number"}));
  EXPECT_EQ(connection_.Describe(Scan({})).fields.at(1).type, metadata_.schema.fields.at(1).type);
}

TEST_F(ScanTest, FillsWhatFilesLackWithNull) {
  const std::vector<AddFile> files = {
      Foreign("SELECT 1 AS i", "a.parquet"), Foreign("SELECT {'a': 2} AS s", "b.parquet"),
      Foreign("SELECT 3 AS i, {'b': 'x'} AS s, [{'a': 1}] AS l", "c.parquet")};
  SetColumns("SELECT 1 AS i, {'a': 1, 'b': 'x'} AS s, [{'a': 1, 'c': 1.5}] AS l, 'x' AS never");

  EXPECT_EQ(Rows(Scan(files)),
            (Texts{"{'i': 1, 's': NULL, 'l': NULL, 'never': NULL}",
                   "{'i': 3, 's': {'a': NULL, 'b': x}, 'l': [{'a': 1, 'c': NULL}], 'never': NULL}",
                   "{'i': NULL, 's': {'a': 2, 'b': NULL}, 'l': NULL, 'never': NULL}"}));
}

TEST_F(ScanTest, ConvertsNarrowerTypesOfAnyFile) {
  const std::vector<AddFile> files = {
      Foreign("SELECT 1::INTEGER AS i, 1.5::FLOAT AS d, 1.5::DECIMAL(5,2) AS m", "a.parquet"),
      Foreign("SELECT 5000000000 AS i, 2.5::DOUBLE AS d, 2.5::DECIMAL(20,4) AS m", "b.parquet")};
  SetColumns("SELECT 1::BIGINT AS i, 1::DOUBLE AS d, 1::DECIMAL(20,4) AS m");

  EXPECT_EQ(Rows(Scan(files)),
            (Texts{"{'i': 1, 'd': 1.5, 'm': 1.5000}", "{'i': 5000000000, 'd': 2.5, 'm': 2.5000}"}));
  EXPECT_EQ(Count("(" + Scan(files) + ") WHERE i > 1 AND m > 2"), 1);
}

TEST_F(ScanTest, ReadsTimestampsOfOtherProgramsAsUtc) {
  const std::vector<AddFile> files = {
      Foreign("SELECT TIMESTAMP '2020-01-01 00:00:00.123456' AS t", "a.parquet"),
      Foreign("SELECT TIMESTAMP_NS '2020-01-01 00:00:00.123456' AS t", "b.parquet"),
      Foreign("SELECT TIMESTAMPTZ '2020-01-01 01:00:00.123456+01' AS t", "c.parquet")};
  SetColumns("SELECT TIMESTAMPTZ '2020-01-01 00:00:00+00' AS t");

  EXPECT_EQ(Count("(" + Scan(files) + ") WHERE t = TIMESTAMPTZ '2020-01-01 00:00:00.123456+00'"),
            3);
}

TEST_F(ScanTest, TakesPartitionValuesFromTheLogAlone) {
  std::filesystem::create_directories(test_folder_.path() / "p=9");
  std::vector<AddFile> files = {Foreign("SELECT 1 AS i, 8 AS p", "p=9/a.parquet"),
                                Foreign("SELECT 2 AS i", "b.parquet"),
                                Foreign("SELECT 3 AS i", "c.parquet")};
  files.at(0).partition_values = {{"P", "1"}};
  files.at(1).partition_values = {{"p", std::nullopt}};
  SetColumns("SELECT 1 AS p, 1 AS i", {"p"});

  EXPECT_EQ(Rows(Scan(files)),
            (Texts{"{'p': 1, 'i': 1}", "{'p': NULL, 'i': 2}", "{'p': NULL, 'i': 3}"}));
  EXPECT_EQ(Rows(Scan({files.at(0)})), Texts{"{'p': 1, 'i': 1}"});
}

TEST_F(ScanTest, ReadsTimestampPartitionsWithAndWithoutAZone) {
  std::vector<AddFile> files = {Foreign("SELECT 1 AS i", "a.parquet"),
                                Foreign("SELECT 2 AS i", "b.parquet")};
  files.at(0).partition_values = {{"t", "2020-01-01 00:00:00.5"}};
  files.at(1).partition_values = {{"t", "2020-01-01T01:00:00.500000+01:00"}};
  SetColumns("SELECT 1 AS i, TIMESTAMPTZ '2020-01-01 00:00:00+00' AS t", {"t"});

  EXPECT_EQ(Count("(" + Scan(files) + ") WHERE t = TIMESTAMPTZ '2020-01-01 00:00:00.5+00'"), 2);
}

TEST_F(ScanTest, ReadsBinaryPartitionsAsSparkAndAsDeltaRsWriteThem) {
  std::vector<AddFile> files = {Foreign("SELECT 1 AS i", "a.parquet"),
                                Foreign("SELECT 2 AS i", "b.parquet"),
                                Foreign("SELECT 3 AS i", "c.parquet")};
  files.at(0).partition_values = {{"b", "a'\\x41 é"}};
  files.at(1).partition_values = {{"b", "\\u0061\\u00FF\\u0000"}};
  files.at(2).partition_values = {{"b", "\\u0061\\u0100"}};
  SetColumns("SELECT 1 AS i, encode('') AS b", {"b"});
  const std::string wanted =
      "SELECT 1 AS i, encode('a''\\x41 é') AS b UNION ALL SELECT 2, '\\x61\\xFF\\x00'::BLOB "
      "UNION ALL SELECT 3, encode('\\u0061\\u0100')";

  EXPECT_EQ(Rows(Scan(files)), Rows(wanted));
  EXPECT_EQ(Rows(Scan({files.at(1)})), Rows("SELECT 2 AS i, '\\x61\\xFF\\x00'::BLOB AS b"));
}

TEST_F(ScanTest, NumbersFilesAndRowsBesideColumnsOfTheSameNames) {
  const std::string select =
      "SELECT 42 AS file_index, 43 AS file_row_number, 'x' AS filename, 44 AS weir0";
  const std::vector<AddFile> files = {Foreign(select, "a.parquet"),
                                      Foreign(select + " FROM range(2)", "b.parquet")};
  SetColumns(select);

  const std::string columns = "'file_index': 42, 'file_row_number': 43, 'filename': x, 'weir0': 44";
  EXPECT_EQ(Rows(Scan(files, {.with_file_index = true, .with_row_number = true})),
            (Texts{"{" + columns + ", 'weir_file_index': 0, 'weir_row_number': 0}",
                   "{" + columns + ", 'weir_file_index': 1, 'weir_row_number': 0}",
                   "{" + columns + ", 'weir_file_index': 1, 'weir_row_number': 1}"}));
}

TEST_F(ScanTest, FindsFilesByAnyPathThatALogMayHold) {
  const std::string odd = "a b[1]*?%20é.parquet";
  const std::vector<AddFile> plain = {Foreign("SELECT 1 AS i", odd)};
  SetColumns("SELECT 1 AS i");
  AddFile absolute;
  absolute.path = EncodePath(test_folder_.text() + "/" + odd);
  AddFile uri;
  uri.path = "file://" + EncodePath(test_folder_.text() + "/" + odd);

  EXPECT_EQ(Rows(Scan(plain)), Texts{"{'i': 1}"});
  EXPECT_EQ(Rows(Scan({absolute})), Texts{"{'i': 1}"});
  EXPECT_EQ(Rows(Scan({uri})), Texts{"{'i': 1}"});
}

TEST_F(ScanTest, PlansWithoutOpeningAFile) {
  SetColumns("SELECT 1 AS i");
  const AddFile broken = Foreign("SELECT 1 AS i", "a.parquet");
  folder_.store->Put("a.parquet", "no parquet");

  EXPECT_NO_THROW(connection_.Describe("SELECT i FROM (" + Scan({broken}) + ") WHERE i > 1"));
}

TEST_F(ScanTest, NamesTheFileThatCantBeRead) {
  SetColumns("SELECT 1 AS i");
  const AddFile broken = Foreign("SELECT 1 AS i", "bad.parquet");
  folder_.store->Put("bad.parquet", "no parquet, but long enough to look like one");
  std::string error;

  try {
    Rows(Scan({broken}));
  } catch (const std::runtime_error& thrown) {
    error = thrown.what();
  }

  EXPECT_NE(error.find("bad.parquet"), std::string::npos) << error;
}

}  // namespace
}  // namespace weir::lake
