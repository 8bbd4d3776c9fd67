#include "lake/write_data.h"

#include <gtest/gtest.h>

#include "lake/data_fixture.h"

namespace weir::lake {
namespace {

using Texts = std::vector<std::string>;

class WriteDataTest : public DataTest {
 protected:
  static PartitionValues Only(const std::vector<AddFile>& files) {
    EXPECT_EQ(files.size(), 1U);
    return files.at(0).partition_values;
  }

  // The log's text for the partition value that `value` (SQL) gives; "null" for null. Also reads
  // the rows back and expects the value itself.
  std::string TextOf(const std::string& value, const std::string& type) {
    metadata_ = {};
    const std::string select = fmt::format("SELECT 1 AS i, CAST({} AS {}) AS p", value, type);
    const std::vector<AddFile> files = Write(select, {"p"});
    const auto text = Only(files).at("p");
    if (text) {
      EXPECT_EQ(Rows(Scan(files)), Rows(select)) << value;
    } else {
      EXPECT_EQ(Count("(" + Scan(files) + ") WHERE p IS NULL"), 1) << value;
    }
    return text.value_or("null");
  }
};

TEST_F(WriteDataTest, GivesBackEveryType) {
  const std::string select = R"(SELECT
      true AS b, (-128)::TINYINT AS i8, 32767::SMALLINT AS i16, (-2147483648)::INTEGER AS i32,
      9223372036854775807 AS i64, 1.5::FLOAT AS f, 'nan'::DOUBLE AS d,
      99999999999999999999999999999999999999::DECIMAL(38,0) AS m, 'é"' || chr(10) AS s,
      '\x00\xFF'::BLOB AS y, DATE '0001-01-01' AS dt,
      TIMESTAMPTZ '1969-12-31 23:59:59.999999+00' AS t,
      [1, NULL, 2] AS l, MAP {'a': {'x': 1, 'y': [NULL, 'q']}} AS mp,
      {'x': {'z': NULL::INTEGER}, 'w': MAP {1: [[2.5]]}} AS st, NULL::VARCHAR AS n)";

  const std::vector<AddFile> files = Write(select + " UNION ALL BY NAME SELECT 7 AS i64");

  EXPECT_EQ(Rows(Scan(files)), Rows(select + " UNION ALL BY NAME SELECT 7 AS i64"));
  EXPECT_EQ(StatisticsOf(files.at(0)).num_rows, 2);
}

TEST_F(WriteDataTest, WritesPartitionValuesAsTheProtocolHasThem) {
  EXPECT_EQ(TextOf("'x'", "VARCHAR"), "x");
  EXPECT_EQ(TextOf("''", "VARCHAR"), "null");
  EXPECT_EQ(TextOf("NULL", "VARCHAR"), "null");
  EXPECT_EQ(TextOf("'a b/c%20=é\"\\'", "VARCHAR"), "a b/c%20=é\"\\");
  EXPECT_EQ(TextOf("'a' || chr(10) || chr(9) || '''*?[x]'", "VARCHAR"), "a\n\t'*?[x]");
  EXPECT_EQ(TextOf("'__HIVE_DEFAULT_PARTITION__'", "VARCHAR"), "__HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(TextOf("true", "BOOLEAN"), "true");
  EXPECT_EQ(TextOf("-7", "TINYINT"), "-7");
  EXPECT_EQ(TextOf("-9223372036854775808", "BIGINT"), "-9223372036854775808");
  EXPECT_EQ(TextOf("-0.50", "DECIMAL(38,20)"), "-0.50000000000000000000");
  EXPECT_EQ(TextOf("0.1", "FLOAT"), "0.1");
  EXPECT_EQ(TextOf("1e300", "DOUBLE"), "1e+300");
  EXPECT_EQ(TextOf("'-inf'", "DOUBLE"), "-Infinity");
  EXPECT_EQ(TextOf("'nan'", "FLOAT"), "NaN");
  EXPECT_EQ(TextOf("'1969-07-20'", "DATE"), "1969-07-20");
  EXPECT_EQ(TextOf("'1969-07-20 20:17:40.000001+00'", "TIMESTAMPTZ"),
            "1969-07-20T20:17:40.000001Z");
  EXPECT_EQ(TextOf("'2026-01-02 00:00:00+01'", "TIMESTAMPTZ"), "2026-01-01T23:00:00.000000Z");
  EXPECT_EQ(TextOf("encode('é')", "BLOB"), "é");
  EXPECT_EQ(TextOf("NULL", "TIMESTAMPTZ"), "null");
}

TEST_F(WriteDataTest, RefusesTimesThatTheLogHasNoTextFor) {
  for (const std::string type : {"DATE", "TIMESTAMPTZ"}) {
    EXPECT_NE(TextOf("'9999-12-31'", type), "null");
    EXPECT_NE(TextOf("'0001-01-01'", type), "null");
    for (const std::string value : {"infinity", "-infinity", "10000-01-01", "0001-12-31 (BC)"}) {
      metadata_ = {};
      const std::string error = ErrorOf(
          [&] { Write(fmt::format("SELECT 1 AS i, '{}'::{} AS \"Day\"", value, type), {"Day"}); });

      EXPECT_NE(error.find("partition column \"Day\" can't hold"), std::string::npos) << error;
      EXPECT_NE(error.find("years 0001 to 9999: " + value.substr(0, 10)), std::string::npos)
          << error;
    }
  }
}

TEST_F(WriteDataTest, RefusesAPartitionColumnThatIsThereTwice) {
  EXPECT_EQ(ErrorOf([&] { Write("SELECT 1 AS i, 2 AS p, 3 AS q", {"p", "P"}); }),
            "s.t: \"P\" stands twice among the partition columns");
}

TEST_F(WriteDataTest, TakesBothZerosForOnePartition) {
  const std::vector<AddFile> files =
      Write("SELECT 1 AS i, CAST('-0.0' AS DOUBLE) AS p UNION ALL SELECT 2, 0.0", {"p"});

  EXPECT_EQ(Only(files).at("p"), "0.0");
}

TEST_F(WriteDataTest, CutsLongPartitionValuesInFolderNamesOnly) {
  const std::string select =
      "SELECT 1 AS i, repeat('x', 3000) AS p UNION ALL "
      "SELECT 2, repeat('é', 700) || 'a' UNION ALL "
      "SELECT 3, repeat('é', 700) || 'b'";

  const std::vector<AddFile> files = Write(select, {"p"});

  EXPECT_EQ(files.size(), 3U);
  EXPECT_EQ(Rows(Scan(files)), Rows(select));
}

TEST_F(WriteDataTest, RefusesBinaryPartitionValuesThatAreNoText) {
  EXPECT_EQ(ErrorOf([&] { Write("SELECT 1 AS i, '\\xFF'::BLOB AS p", {"p"}); }),
            "partition column \"p\": a binary value is not UTF-8 text, which a Delta log needs");
  EXPECT_EQ(FilesOnDisk(), Texts{});
}

TEST_F(WriteDataTest, RefusesBinaryPartitionValuesThatReadBackAsOthers) {
  const std::string error =
      ErrorOf([&] { Write("SELECT 1 AS i, encode('\\u0041\\u00ff') AS p", {"p"}); });

  EXPECT_NE(error.find("stands for other bytes"), std::string::npos) << error;
  EXPECT_EQ(FilesOnDisk(), Texts{});
  EXPECT_EQ(Rows(Scan(Write("SELECT 1 AS i, encode('\\u0041\\u00f') AS p", {"p"}))),
            Rows("SELECT 1 AS i, encode('\\u0041\\u00f') AS p"));
}

TEST_F(WriteDataTest, SortsAndPartitionsByColumnsOfTheNamesThatDuckDbHas) {
  const std::string select =
      "SELECT 10 - range AS rowid, range % 2 AS \"RowID_1\", range AS weir0, range % 3 AS p "
      "FROM range(10)";

  const std::vector<AddFile> files = Write(select, {"p"}, {.sort_by = {"rowid"}, .run_id = {}});

  EXPECT_EQ(files.size(), 3U);
  EXPECT_EQ(Rows(Scan(files)), Rows(select));
  const std::string scan = Scan(files, {.with_file_index = true, .with_row_number = true});
  EXPECT_EQ(Count("(SELECT rowid AS now, lag(rowid) OVER (PARTITION BY weir_file_index ORDER BY "
                  "weir_row_number) AS before FROM (" +
                  scan + ")) WHERE before > now"),
            0);
}

TEST_F(WriteDataTest, NamesAColumnToSortByThatTheTableLacks) {
  EXPECT_EQ(ErrorOf([&] {
              Write("SELECT 1 AS id, 2 AS amount", {}, {.sort_by = {"amuont"}, .run_id = {}});
            }),
            "there is no column \"amuont\" to sort by; did you mean 'amount'?");
}

TEST_F(WriteDataTest, KeepsNullAndTheNameOfItsFolderApart) {
  const std::string select =
      "SELECT 1 AS i, '__HIVE_DEFAULT_PARTITION__' AS p UNION ALL SELECT 2, NULL";

  const std::vector<AddFile> files = Write(select, {"p"});

  EXPECT_EQ(files.size(), 2U);
  EXPECT_EQ(Rows(Scan(files)), Rows(select));
}

TEST_F(WriteDataTest, EncodesFolderNamesOnceMoreInTheLog) {
  const std::vector<AddFile> files = Write("SELECT 1 AS i, 'a b' AS p", {"p"});

  EXPECT_TRUE(files.at(0).path.starts_with("p=a%2520b/part-")) << files.at(0).path;
  EXPECT_TRUE(FilesOnDisk().at(0).starts_with("p=a%20b/part-")) << FilesOnDisk().at(0);
  EXPECT_EQ(DecodePath(files.at(0).path), FilesOnDisk().at(0));
}

TEST_F(WriteDataTest, GivesOneFileForEachOfAThousandPartitions) {
  const std::string select =
      "SELECT range AS i, hash(range) % 500 AS p, range % 2 AS q "
      "FROM range(20000)";
  const std::string typed =
      "SELECT i, CAST(p AS INTEGER) AS p, CAST(q AS INTEGER) AS q FROM (" + select + ")";

  const std::vector<AddFile> files = Write(typed, {"p", "q"});

  EXPECT_EQ(files.size(), 1000U);
  EXPECT_EQ(FilesOnDisk().size(), 1000U);
  EXPECT_EQ(Count(fmt::format("(({}) EXCEPT ALL ({}))", typed, Scan(files))), 0);
  EXPECT_EQ(Count("(" + Scan(files) + ")"), 20000);
}

TEST_F(WriteDataTest, SortsRowsAcrossFilesOfTheTargetSize) {
  const std::string select =
      "SELECT hash(range) AS h, CAST(hash(range) % 1000000 AS BIGINT) AS k FROM range(700000)";
  const std::string typed = "SELECT CAST(h // 2 AS BIGINT) AS h, k FROM (" + select + ")";

  const std::vector<AddFile> files =
      Write(typed, {}, {.sort_by = {"k", "h"}, .target_file_bytes = 2 << 20, .run_id = {}});

  ASSERT_GE(files.size(), 3U);
  ASSERT_LE(files.size(), 8U);
  const std::string scan = Scan(files, {.with_file_index = true, .with_row_number = true});
  EXPECT_EQ(Count("(SELECT (k, h) AS now, lag((k, h)) OVER (ORDER BY weir_file_index, "
                  "weir_row_number) AS before FROM (" +
                  scan + ")) WHERE before > now"),
            0);
  EXPECT_EQ(Count("(" + scan + ")"), 700000);
}

TEST_F(WriteDataTest, KeepsTheOrderInOneFile) {
  const std::vector<AddFile> files =
      Write("SELECT range AS i FROM range(600000) ORDER BY hash(range)", {},
            {.sort_by = {}, .target_file_bytes = 1, .run_id = {}, .one_file = true});

  ASSERT_EQ(files.size(), 1U);
  const std::string scan = Scan(files, {.with_file_index = false, .with_row_number = true});
  EXPECT_EQ(Count("(SELECT hash(i) AS now, lag(hash(i)) OVER (ORDER BY weir_row_number) AS before "
                  "FROM (" +
                  scan + ")) WHERE before > now"),
            0);
}

TEST_F(WriteDataTest, SplitsUnorderedRowsByTheTargetSize) {
  const std::vector<AddFile> files =
      Write("SELECT hash(range) AS h, range AS i FROM range(1000000)", {},
            {.sort_by = {}, .target_file_bytes = 2 << 20, .run_id = "run-1"});

  EXPECT_GE(files.size(), 3U);
  EXPECT_EQ(FilesOnDisk().size(), files.size());
  EXPECT_TRUE(files.at(0).path.starts_with("part-run-1-"));
  EXPECT_EQ(Count("(" + Scan(files) + ")"), 1000000);
}

TEST_F(WriteDataTest, WritesNothingForNoRows) {
  EXPECT_TRUE(Write("SELECT range AS i, 'a' AS p FROM range(0)").empty());
  EXPECT_TRUE(
      Write("SELECT range AS i, 'a' AS p FROM range(0)", {}, {.sort_by = {"i"}, .run_id = {}})
          .empty());
  EXPECT_TRUE(Write("SELECT range AS i, 'a' AS p FROM range(0)", {},
                    {.sort_by = {}, .run_id = {}, .one_file = true})
                  .empty());
  metadata_.partition_columns = {"p"};
  EXPECT_TRUE(Write("SELECT range AS i, 'a' AS p FROM range(0)").empty());
  EXPECT_EQ(FilesOnDisk(), Texts{});
}

TEST_F(WriteDataTest, MatchesColumnsByNameAndCastsThem) {
  Write("SELECT 1::BIGINT AS id, 'a' AS name, {'x': 1::BIGINT, 'y': 'b'} AS s");

  const std::vector<AddFile> files = Write("SELECT {'Y': 'q'} AS s, 5::TINYINT AS ID");

  EXPECT_EQ(Rows(Scan(files)), Texts{"{'id': 5, 'name': NULL, 's': {'x': NULL, 'y': q}}"});
}

TEST_F(WriteDataTest, NamesAColumnThatTheTableLacks) {
  Write("SELECT 1 AS id, 2 AS amount");

  EXPECT_EQ(ErrorOf([&] { Write("SELECT 1 AS id, 2 AS amuont"); }),
            "s.t has no column \"amuont\"; did you mean 'amount'?");
}

TEST_F(WriteDataTest, RefusesNullsWhereNoneMayBe) {
  Write("SELECT 1 AS id, {'x': 1, 'y': [1]} AS s, MAP {'k': 1} AS m, 'p' AS p", {"p"});
  std::vector<Field>& fields = metadata_.schema.fields;
  fields.at(1).type.children.at(0).nullable = false;                      // s.x
  fields.at(1).type.children.at(1).type.children.at(0).nullable = false;  // s.y.element
  fields.at(2).type.children.at(1).nullable = false;                      // m.value
  fields.at(3).nullable = false;                                          // p
  const auto error = [&](const std::string& columns) {
    return ErrorOf([&] { Write("SELECT 1 AS id, " + columns); });
  };
  const std::string suffix = " must not be null, but a row has no value";

  EXPECT_EQ(error("{'x': 1, 'y': [1]} AS s, MAP {'k': 1} AS m, 'p' AS p"), "");
  EXPECT_EQ(error("NULL AS s, NULL AS m, 'p' AS p"), "");
  EXPECT_EQ(error("{'x': NULL, 'y': [1]} AS s, 'p' AS p"), "s.t: column \"s\"" + suffix);
  EXPECT_EQ(error("{'x': 1, 'y': [NULL]} AS s, 'p' AS p"), "s.t: column \"s\"" + suffix);
  EXPECT_EQ(error("MAP {'k': NULL} AS m, 'p' AS p"), "s.t: column \"m\"" + suffix);
  EXPECT_EQ(error("NULL AS p"), "s.t: column \"p\"" + suffix);
  EXPECT_EQ(FilesOnDisk().size(), 3U);
}

TEST_F(WriteDataTest, DeletesWhatAFailedWriteWrote) {
  const std::string select =
      "SELECT CASE WHEN range = 900000 THEN error('stop') ELSE hash(range) END AS h "
      "FROM range(1000000)";
  metadata_ = NewMetadata({{{.name = "h", .type = DecimalOf(20, 0)}}}, {});

  EXPECT_NE(ErrorOf([&] { Write(select, {}, {.target_file_bytes = 100'000, .run_id = {}}); }), "");

  EXPECT_EQ(FilesOnDisk(), Texts{});
}

TEST_F(WriteDataTest, RefusesColumnsThatDeltaTablesCantHave) {
  const auto error = [&](const std::string& select, const std::vector<std::string>& partitions) {
    metadata_ = {};
    return ErrorOf([&] { Write(select, partitions); });
  };

  EXPECT_NE(error("SELECT 1 AS \"a b\"", {}).find("can't be named \"a b\""), std::string::npos);
  EXPECT_NE(error("SELECT {'x=y': 1} AS a", {}).find("can't be named \"x=y\""), std::string::npos);
  EXPECT_NE(error("SELECT 1 AS Weir_Row_Number", {}).find("weir uses itself"), std::string::npos);
  EXPECT_NE(error("SELECT 1 AS a, 2 AS b", {"c"}).find("no column \"c\""), std::string::npos);
  EXPECT_NE(error("SELECT 1 AS a", {"a"}).find("every column"), std::string::npos);
  EXPECT_NE(error("SELECT 1 AS a, [1] AS p", {"p"}).find("plain type"), std::string::npos);
  EXPECT_EQ(error("SELECT 1 AS \"a.b\", 2 AS \"c\"\"d\", 3 AS \"é'\"", {}), "");
}

}  // namespace
}  // namespace weir::lake
