#include "connectors/files/file_sink.h"

#include <algorithm>
#include <filesystem>

#include "connectors/connector_fixture.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

class FileSinkTest : public ConnectorTest {
 protected:
  Lines Names(const std::string& folder) const {
    Lines names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / folder)) {
      if (entry.is_regular_file()) {
        names.push_back(entry.path().lexically_relative(folder_.path() / folder).string());
      }
    }
    std::ranges::sort(names);
    return names;
  }
};

TEST_F(FileSinkTest, WritesSortedTexts) {
  connection_.Run(
      "CREATE TEMP TABLE rows AS SELECT * FROM (VALUES (2, 'b,c', NULL), (1, 'a', 1.50)) "
      "t(id, name, price)");

  EXPECT_EQ(Send("files", {{"path", "out/x.csv"}, {"sort_by", "id"}}).rows, 2);
  Send("files", {{"path", "x.tsv"}, {"sort_by", "id"}, {"header", false}});
  Send("files", {{"path", "x.ndjson"}, {"sort_by", "id"}});

  EXPECT_EQ(Contents("out/x.csv"), "id,name,price\n1,a,1.50\n2,\"b,c\",\n");
  EXPECT_EQ(Contents("x.tsv"), "1\ta\t1.50\n2\tb,c\t\n");
  EXPECT_EQ(
      Contents("x.ndjson"),
      "{\"id\":1,\"name\":\"a\",\"price\":1.5}\n{\"id\":2,\"name\":\"b,c\",\"price\":null}\n");
}

TEST_F(FileSinkTest, WritesTextsAsTheyAre) {
  connection_.Run("CREATE TEMP TABLE rows AS SELECT '<p>\"a\", #1\tb</p>' AS page");

  Send("files", {{"path", "quoted.csv"}, {"sort_by", "page"}, {"header", false}});
  Send("files", {{"path", "page.html"},
                 {"format", "tsv"},
                 {"sort_by", "page"},
                 {"header", false},
                 {"quotes", false}});

  EXPECT_EQ(Contents("quoted.csv"), "\"<p>\"\"a\"\", #1\tb</p>\"\n");
  EXPECT_EQ(Contents("page.html"), "<p>\"a\", #1\tb</p>\n");
}

TEST_F(FileSinkTest, NullAndEmptyTextComeBackAsTheyWere) {
  connection_.Run(
      "CREATE TEMP TABLE texts AS SELECT * FROM (VALUES (1, ''), (2, NULL), (3, ' '), (4, 'NULL'), "
      "(5, '\"'), (6, '\"\"')) t(id, name)");
  const std::string told_apart = "SELECT id, name IS NULL, name FROM ";
  const Lines expected = Rows(told_apart + "texts");
  connection_.Run("CREATE TEMP VIEW rows AS FROM texts");
  for (const std::string path : {"x.csv", "x.tsv", "x.csv.gz"}) {
    Send("files", {{"path", path}, {"sort_by", "id"}});
    connection_.Run("DROP VIEW rows");
    columns_ = "id BIGINT, name VARCHAR";
    Read({{"path", path}});
    EXPECT_EQ(Rows(told_apart + "rows ORDER BY id"), expected) << path;
    connection_.Run("CREATE OR REPLACE TEMP VIEW rows AS FROM texts");
  }
  EXPECT_TRUE(Contents("x.csv").starts_with("id,name\n1,\"\"\n2,\n"));
}

TEST_F(FileSinkTest, TheSameRowsGiveTheSameBytesInAnyOrder) {
  for (const std::string path : {"x.csv", "x.csv.gz", "x.ndjson.zst", "x.parquet"}) {
    Lines bytes;
    for (const char* order : {"id", "hash(id)"}) {
      connection_.Run(
          std::string(
              "CREATE OR REPLACE TEMP TABLE rows AS SELECT i % 10 AS id, i AS other, [i] AS "
              "list FROM range(300000) t(i) ORDER BY ") +
          (order == std::string("id") ? "i" : "hash(i)"));
      Send("files", {{"path", path}, {"sort_by", "id"}});
      bytes.push_back(Contents(path));
    }
    EXPECT_FALSE(bytes[0].empty());
    EXPECT_TRUE(bytes[0] == bytes[1]) << path;
  }
}

TEST_F(FileSinkTest, AFolderOfPartitionsReplacesTheOldOne) {
  connection_.Run(
      "CREATE TEMP TABLE rows AS SELECT * FROM (VALUES ('a/b', 2), ('a/b', 1), (NULL, 3)) "
      "t(region, id)");
  Write("out/report/old.csv", "x");
  Write("out/.report.weir-killed/y.csv", "x");

  Send("files", {{"path", "out/report/"},
                 {"format", "csv"},
                 {"sort_by", "id"},
                 {"partition_by", {"region"}}});

  EXPECT_EQ(Names("out"), (Lines{"report/region=__HIVE_DEFAULT_PARTITION__/data.csv",
                                 "report/region=a%2Fb/data.csv"}));
  EXPECT_EQ(Contents("out/report/region=a%2Fb/data.csv"), "id\n1\n2\n");
}

TEST_F(FileSinkTest, AFailureLeavesTheOldFile) {
  Write("x.csv", "old");
  connection_.Run(
      "CREATE TEMP VIEW rows AS SELECT CASE WHEN i > 1000 THEN error('no') ELSE i END AS id FROM "
      "range(5000) t(i)");

  EXPECT_NE(ErrorOf([&] { Send("files", {{"path", "x.csv"}, {"sort_by", "id"}}); }),
            "nothing was thrown");

  EXPECT_EQ(Names("."), Lines{"x.csv"});
  EXPECT_EQ(Contents("x.csv"), "old");
}

TEST_F(FileSinkTest, SortingByNoColumnIsRefused) {
  connection_.Run("CREATE TEMP TABLE rows AS SELECT 1 AS id");

  EXPECT_EQ(ErrorOf([&] { Send("files", {{"path", "x.csv"}, {"sort_by", "di"}}); }),
            "connector 'files': no column 'di'; relation 'rows' has id; did you mean 'id'?");
}

}  // namespace
}  // namespace weir::connectors
