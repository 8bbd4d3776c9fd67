#include "connectors/files/file_source.h"

#include <cstdlib>
#include <random>

#include <fmt/format.h>

#include "base/test_seed.h"
#include "connectors/connector_fixture.h"
#include "connectors/files/file_list.h"

namespace weir::connectors {
namespace {

using Lines = std::vector<std::string>;

class FileSourceTest : public ConnectorTest {
 protected:
  // As records have a file of the folder as it is now: by the file system's own words.
  std::string Mark(const std::string& name) const {
    const std::filesystem::path path = folder_.path() / name;
    return fmt::format("{}\tsize={} modified={}", name, std::filesystem::file_size(path),
                       std::filesystem::last_write_time(path).time_since_epoch().count());
  }

  // Reads `path` to its end; the error's text.
  std::string ReadError(const nlohmann::json& settings) {
    return ErrorOf([&] {
      Read(settings);
      connection_.Run("FROM rows");
    });
  }
};

TEST_F(FileSourceTest, ReadsEveryFormatWithSniffedColumns) {
  Write("a.csv", "id,name,at\n1,x,2026-01-05T01:02:03Z\n2,,\n");
  Write("a.tsv", "id\tname\n1\t\"x\ty\"\n");
  Write("a.ndjson", "{\"id\": 1, \"part\": {\"b\": [1, 2]}}\n{\"id\": 2}\n");
  connection_.Run("COPY (SELECT 1 AS id, 1.50::DECIMAL(5,2) AS price) TO '" + folder_.text() +
                  "/a.parquet'");

  Read({{"path", "a.csv"}});
  EXPECT_EQ(Rows("FROM rows"), (Lines{"1|x|2026-01-05 01:02:03+00", "2|NULL|NULL"}));
  Read({{"path", "a.tsv"}});
  EXPECT_EQ(Rows("FROM rows"), Lines{"1|x\ty"});
  Read({{"path", "a.ndjson"}});
  EXPECT_EQ(Rows("FROM rows"), (Lines{"1|{'b': [1, 2]}", "2|NULL"}));
  Read({{"path", "a.parquet"}});
  EXPECT_EQ(Rows("FROM rows"), Lines{"1|1.50"});
}

TEST_F(FileSourceTest, ReadsCompressedFilesByTheirSuffix) {
  Write("a.csv", "id\n7\n");
  const std::string quoted = "'" + folder_.text() + "/a.csv'";
  ASSERT_EQ(std::system(("gzip -k " + quoted).c_str()), 0);

  Read({{"path", "a.csv.gz"}});

  EXPECT_EQ(Rows("FROM rows"), Lines{"7"});
}

// As `weir table import` has it.
TEST_F(FileSourceTest, AnEmptyFieldIsNullAndQuotesHoldTheEmptyText) {
  Write("a.csv", "id,name,price\n1,\"\",\"\"\n\"\",,\n3,x,1.5\n");
  const Lines expected{"1||NULL", "NULL|NULL|NULL", "3|x|1.5"};

  Read({{"path", "a.csv"}});
  EXPECT_EQ(Rows("FROM rows"), expected);
  columns_ = "id BIGINT, name VARCHAR, price DECIMAL(2,1)";
  Read({{"path", "a.csv"}});
  EXPECT_EQ(Rows("FROM rows"), expected);

  Write("b.csv", "id,name,price\n1,NA,NA\n2,\"NA\",1.5\n3,,1.5\n4,\"\",\n");
  EXPECT_EQ(ReadError({{"path", "b.csv"}, {"nulls", {"NA"}}}),
            "F/b.csv:5: column 'price': '' is not DECIMAL(2,1)");
  Write("b.csv", "id,name,price\n1,NA,NA\n2,\"NA\",1.5\n3,,1.5\n4,\"\",2.5\n");
  Read({{"path", "b.csv"}, {"nulls", {"NA"}}});
  EXPECT_EQ(Rows("FROM rows"), (Lines{"1|NULL|NULL", "2|NA|1.5", "3||1.5", "4||2.5"}));
}

TEST_F(FileSourceTest, AByteOrderMarkBeforeDelimitedTextIsPassedOver) {
  Write("a.csv", "\xEF\xBB\xBFid,name\n1,x\n");
  Write("b.csv", "\xEF\xBB\xBF\"id\",name\n2,y\n");
  Write("c.csv",
        "\xEF\xBB\xBF"
        "3,z\n");
  columns_ = "id BIGINT, name VARCHAR";

  Read({{"path", "[ab].csv"}});
  EXPECT_EQ(Rows("FROM rows ORDER BY id"), (Lines{"1|x", "2|y"}));
  Read({{"path", "c.csv"}, {"header", false}});
  EXPECT_EQ(Rows("FROM rows"), Lines{"3|z"});
}

TEST_F(FileSourceTest, DeclaredColumnsAreFoundByName) {
  Write("a.csv", "extra,name,id\nz,x,1\n");
  Write("b.csv", "id,name\n2,y\n");
  columns_ = "id BIGINT, name VARCHAR";

  Read({{"path", "*.csv"}});

  EXPECT_EQ(Rows("FROM rows ORDER BY id"), (Lines{"1|x", "2|y"}));
}

TEST_F(FileSourceTest, ADeviatingCsvFileIsNamedWithLineAndField) {
  Write("a.csv", "id,name\n1,\"x\ny\"\n2,z\n");
  Write("b.csv", "id,name\n3,\"x\ny\"\nfoo,z\n");
  Write("c/a.csv", "id,price\n1,1.25\n");
  Write("d/a.csv", "id,name\n1,x\n");
  Write("d/b.csv", "id,nmae\n1,x\n");
  Write("e/a.csv", "id,name\n1,x\n2,x,y\n");

  EXPECT_EQ(ReadError({{"path", "*.csv"}}), "F/b.csv:4: column 'id': 'foo' is not BIGINT");
  columns_ = "id BIGINT, price DECIMAL(5,1)";
  EXPECT_EQ(ReadError({{"path", "c/*.csv"}}),
            "F/c/a.csv:2: column 'price': '1.25' is not DECIMAL(5,1)");
  columns_ = "";
  EXPECT_EQ(ReadError({{"path", "d/*.csv"}}),
            "F/d/b.csv:1: no column 'name'; the header has id, nmae; did you mean 'nmae'?");
  EXPECT_EQ(ReadError({{"path", "e/*.csv"}, {"columns", "id BIGINT, name VARCHAR"}}),
            "F/e/a.csv:3: 3 fields where the header has 2: 2,x,y");
}

TEST_F(FileSourceTest, AValueThatACastWouldCutIsNamed) {
  for (const auto& [type, value] :
       std::vector<std::pair<std::string, std::string>>{{"DATE", "2026-01-05 10:00:00"},
                                                        {"DATE", "-infinity"},
                                                        {"TIMESTAMP WITH TIME ZONE", "infinity"},
                                                        {"FLOAT", "1e39"},
                                                        {"DOUBLE", "-1e400"}}) {
    columns_ = "id BIGINT, value " + type;
    Write("a.csv", "id,value\n1,\n2," + value + "\n");
    Write("a.ndjson", "{\"id\": 1}\n{\"id\": 2, \"value\": \"" + value + "\"}\n");

    EXPECT_EQ(ReadError({{"path", "a.csv"}}),
              fmt::format("F/a.csv:3: column 'value': '{}' is not {}", value, type));
    EXPECT_EQ(ReadError({{"path", "a.ndjson"}}),
              fmt::format("F/a.ndjson:2: column 'value': '{}' is not {}", value, type));
  }
}

TEST_F(FileSourceTest, DaysTimesAndInfinitiesComeAsTheyAre) {
  columns_ = "day DATE, seen TIMESTAMP WITH TIME ZONE, share DOUBLE";
  Write("a.csv", "day,seen,share\n2026-01-05,2026-01-05,Infinity\n,2026-01-05T01:02:03Z,1e300\n");

  Read({{"path", "a.csv"}});

  EXPECT_EQ(Rows("FROM rows"),
            (Lines{"2026-01-05|2026-01-05 00:00:00+00|inf", "NULL|2026-01-05 01:02:03+00|1e+300"}));
}

TEST_F(FileSourceTest, SniffingTakesNoLineForAComment) {
  Write("a.csv", "name,number\n#one,1\n#two,2\n#three,x\nfour,4\n");

  Read({{"path", "a.csv"}});

  EXPECT_EQ(Rows("FROM rows"), (Lines{"#one|1", "#two|2", "#three|x", "four|4"}));
}

TEST_F(FileSourceTest, AColumnThatNobodyReadsIsCheckedToo) {
  Write("a.csv", "id,name\nfoo,x\n");
  columns_ = "id BIGINT, name VARCHAR";
  Read({{"path", "a.csv"}});

  EXPECT_EQ(ErrorOf([&] { connection_.Run("SELECT count(*) FROM rows"); }),
            "F/a.csv:2: column 'id': 'foo' is not BIGINT");
}

TEST_F(FileSourceTest, ADeviatingJsonFileIsNamedWithLineAndField) {
  Write("a.ndjson", "{\"id\": 1, \"n\": {\"x\": 1}}\n");
  Write("b.ndjson", "{\"id\": 2, \"n\": {\"x\": 1}}\n\n{\"id\": 2.5}\n");
  Write("c/a.ndjson", "{\"id\": 1}\n{\"id\" 2}\n");
  Write("d/a.ndjson", "{\"id\": 1}\n");
  Write("d/b.ndjson", "{\"id\": 1}\n{\"id\": 1, \"name\": 2}\n");
  Write("e/a.ndjson", "{\"id\": 1}\n[1]\n");

  EXPECT_EQ(ReadError({{"path", "*.ndjson"}}), "F/b.ndjson:3: column 'id': '2.5' is not BIGINT");
  columns_ = "id BIGINT";
  EXPECT_EQ(ReadError({{"path", "c/*.ndjson"}}), "F/c/a.ndjson:2: not a JSON object: {\"id\" 2}");
  EXPECT_EQ(ReadError({{"path", "e/*.ndjson"}}), "F/e/a.ndjson:2: not a JSON object: [1]");
  columns_ = "";
  EXPECT_EQ(ReadError({{"path", "d/*.ndjson"}}),
            "F/d/b.ndjson:2: unknown field 'name'; the columns are id");
}

TEST_F(FileSourceTest, AParquetFileOfAnotherTypeIsRefused) {
  connection_.Run("COPY (SELECT 1 AS id) TO '" + folder_.text() + "/a.parquet'");
  connection_.Run("COPY (SELECT 'x' AS id) TO '" + folder_.text() + "/b.parquet'");

  EXPECT_EQ(ReadError({{"path", "*.parquet"}}),
            "F/b.parquet: column 'id' is VARCHAR; INTEGER is expected");
}

TEST_F(FileSourceTest, NoFileIsAnErrorUnlessItMayBeEmpty) {
  EXPECT_EQ(ReadError({{"path", "none/*.csv"}}), "no file matches 'none/*.csv'");
  columns_ = "id BIGINT";

  Read({{"path", "none/*.csv"}, {"missing", "empty"}});

  EXPECT_EQ(Rows("SELECT count(*), max(id) FROM rows"), Lines{"0|NULL"});
}

TEST_F(FileSourceTest, SettingsAreCheckedWithoutData) {
  const Connector& files = table_.Find("files");

  EXPECT_EQ(StepMistakes(files, Direction::kIn, {{"path", "a.xml"}}, 0),
            Lines{"the format of 'a.xml' is not known; set `format` to ndjson, csv, tsv or "
                  "parquet, or end the path so"});
  EXPECT_EQ(StepMistakes(files, Direction::kIn, {{"path", "{location.in}"}}, 0), Lines{});
  EXPECT_EQ(StepMistakes(files, Direction::kOut, {{"path", "a.csv"}}, 1),
            Lines{"setting 'sort_by' is missing; it must be a list of texts"});
  EXPECT_EQ(StepMistakes(table_.Find("postgres"), Direction::kIn, nullptr, 0),
            Lines{"connector 'postgres' only writes; give it `in`, not `out`"});
}

TEST_F(FileSourceTest, AStreamReadsOnlyNewFilesAndKnowsTheNewestDay) {
  Write("in/2026-01-05/a.csv", "id\n1\n");
  Write("in/2026-01-06/a.csv", "id\n2\n");
  Write("in/2026-13-99/a.csv", "id\n3\n");
  Write("in/2026-01-06/.b.csv", "id\n4\n");
  finished_ = {"in/2026-01-05/a.csv"};

  const ReadReport report = Read({{"path", "in/{ds}/*.csv"}});

  EXPECT_EQ(report.finished, (Lines{Mark("in/2026-01-06/a.csv"), Mark("in/2026-13-99/a.csv")}));
  EXPECT_EQ(report.complete_until, ParseTimestamp("2026-01-07"));
  EXPECT_EQ(Rows("FROM rows ORDER BY id"), (Lines{"2", "3"}));
}

TEST_F(FileSourceTest, AFileThatWasReadAndHasChangedIsNamedAndNotReadAgain) {
  Write("in/a.csv", "id\n1\n");
  Write("in/b.csv", "id\n2\n");
  Write("in/old.csv", "id\n3\n");
  finished_ = {Mark("in/a.csv"), Mark("in/b.csv"), "in/old.csv"};
  const nlohmann::json settings = {{"path", "in/*.csv"}};
  ConnectorContext context = Context("files", Direction::kIn, settings);
  const Connector& files = table_.Find("files");
  EXPECT_TRUE(files.Pending(context).empty());

  Write("in/a.csv", "id\n1\n4\n");
  Write("in/old.csv", "id\n3\n4\n");  // a record of an earlier program doesn't know how it was
  const auto problem = [&]() -> std::string {
    try {
      files.Pending(context);
    } catch (const ExternalError& found) {  // a stream waits for it, and others go on
      return found.what();
    }
    return "";
  };
  const std::string grown = problem();
  Write("in/new.csv", "id\n5\n");
  std::filesystem::last_write_time(folder_.path() / "in/b.csv", {});
  const std::string two = problem();
  Read(settings);

  EXPECT_EQ(grown,
            "in/a.csv has changed since it was read: it had 5 bytes, and has 7; a stream reads a "
            "file once: move it away, and put rows that are new into a file of another name; or "
            "drop the tables that the job writes, and all files are read again");
  EXPECT_NE(two.find("it had 5 bytes, and has 7, and 1 more have changed;"), std::string::npos);
  EXPECT_EQ(Rows("FROM rows"), Lines{"5"});
}

TEST_F(FileSourceTest, AFileOfANameThatBeginsAsAnotherIsAnother) {
  Write("a", "");
  const std::string mark = Mark("a");

  EXPECT_EQ(KnowledgeOf(mark, {"a b\tsize=0 modified=0", "a!"}), FileKnowledge::kNew);
  EXPECT_EQ(KnowledgeOf(mark, {"a b\tsize=0 modified=0", mark}), FileKnowledge::kRead);
  EXPECT_EQ(KnowledgeOf(mark, {"a\tsize=0 modified=0", mark}), FileKnowledge::kRead);
  EXPECT_EQ(KnowledgeOf(mark, {"a\tsize=0 modified=0"}), FileKnowledge::kChanged);
  EXPECT_EQ(IdentityOfMark(mark), "a");
  EXPECT_EQ(IdentityOfMark("events/0 offset=7"), "events/0 offset=7");
  EXPECT_EQ(BytesOfMark(mark), 0);
  EXPECT_EQ(BytesOfMark("a"), std::nullopt);
}

// "identity day hour" of each file, '-' for what is absent.
Lines DatedNames(sql::Database& database, const std::filesystem::path& folder,
                 const std::string& path) {
  Lines names;
  for (const DatedFile& dated : MatchingDatedFiles(database, folder, path)) {
    names.push_back(FileIdentity(folder, dated.file.path) + " " + dated.day.value_or("-") + " " +
                    (dated.hour ? std::to_string(*dated.hour) : "-"));
  }
  return names;
}

TEST_F(FileSourceTest, FilesAreListedWithTheDayAndHourOfTheirNames) {
  Write("in/2026-01-05/a.csv", "id\n1\n");
  Write("in/2026-01-06/a.csv", "id\n2\n");
  Write("in/2026-13-99/a.csv", "id\n3\n");
  Write("in/2026-01-06/.b.csv", "id\n4\n");
  Write("hours/7/2026-01-06.csv", "id\n5\n");
  Write("hours/07/2026-01-05.csv", "id\n6\n");
  Write("hours/24/2026-01-06.csv", "id\n7\n");
  Write("hours/all/2026-01-06.csv", "id\n8\n");
  Write("twice/2026-01-05/x-2026-01-06.csv", "id\n9\n");

  const auto names = [&](const std::string& path) {
    return DatedNames(database_, folder_.path(), path);
  };
  EXPECT_EQ(names("in/{ds}/*.csv"),
            (Lines{"in/2026-01-05/a.csv 2026-01-05 -", "in/2026-01-06/a.csv 2026-01-06 -",
                   "in/2026-13-99/a.csv - -"}));
  EXPECT_EQ(names("in/*/x-{ds}.csv"), Lines{});
  EXPECT_EQ(names("in/*/a.csv"), (Lines{"in/2026-01-05/a.csv - -", "in/2026-01-06/a.csv - -",
                                        "in/2026-13-99/a.csv - -"}));
  EXPECT_EQ(names("hours/{hour}/{ds}.csv"),
            (Lines{"hours/07/2026-01-05.csv 2026-01-05 7", "hours/24/2026-01-06.csv 2026-01-06 -",
                   "hours/7/2026-01-06.csv 2026-01-06 7", "hours/all/2026-01-06.csv - -"}));
  EXPECT_EQ(names("twice/{ds}/x-{ds}.csv"),
            Lines{"twice/2026-01-05/x-2026-01-06.csv 2026-01-05 -"});
}

// The reference takes texts apart by itself: a number counts if it is digits, else its line is the
// one to be named.
TEST_F(FileSourceTest, RandomDeviationsAreFoundAtTheirLine) {
  std::mt19937_64 random(TestSeed());
  columns_ = "id BIGINT, price DECIMAL(9,2), name VARCHAR";
  for (int round = 0; round < TestRounds(); ++round) {
    const int num_rows = static_cast<int>(random() % 5000 + 1);
    const int bad = static_cast<int>(random() % static_cast<std::uint64_t>(num_rows));
    const bool is_json = random() % 2 == 0;
    std::string text = is_json ? "" : "id,price,name\n";
    const std::string value = random() % 2 == 0 ? "12x" : "1.5";
    int line = is_json ? 0 : 1;
    int bad_line = 0;
    for (int row = 0; row < num_rows; ++row) {
      const std::string id = row == bad ? value : std::to_string(row);
      const bool breaks = !is_json && random() % 10 == 0;
      ++line;
      bad_line = row == bad ? line : bad_line;
      text += is_json ? fmt::format("{{\"id\": \"{}\", \"price\": 1.25, \"name\": \"n\"}}\n", id)
                      : fmt::format("{},1.25,{}\n", id, breaks ? "\"a\nb\"" : "n");
      line += breaks ? 1 : 0;
    }
    const std::string file = is_json ? "r.ndjson" : "r.csv";
    Write(file, text);

    // A record that itself holds a break is named by its last line.
    const std::string error = ReadError({{"path", file}});
    const std::string at =
        fmt::format("F/{}:{}: column 'id': '{}' is not BIGINT", file, bad_line, value);
    const std::string last =
        fmt::format("F/{}:{}: column 'id': '{}' is not BIGINT", file, bad_line + 1, value);
    EXPECT_TRUE(error == at || (!is_json && error == last)) << error << "\nwanted " << at;
  }
}

}  // namespace
}  // namespace weir::connectors
