#include "lake/import_files.h"
#include "lake/import_fixture.h"

namespace weir::lake {
namespace {

using ImportCsvTest = ImportFilesTest;

// A column of the table, a text that it can't hold, and the text's type.
struct Misfit {
  std::string type;
  std::string text;
  std::string found;
};

TEST_F(ImportCsvTest, AValueThatDoesNotFitItsColumnIsRefusedWithBothTypes) {
  const std::vector<Misfit> misfits{
      {"TIMESTAMPTZ", "nonsense", "VARCHAR"},
      {"TIMESTAMPTZ", "1767225600000", "BIGINT"},
      {"TIMESTAMPTZ", "2026-01-01T25:00:00Z", "VARCHAR"},
      {"TIMESTAMPTZ", "2026-02-30", "VARCHAR"},
      {"TIMESTAMPTZ", "2026-01-01 10:00:00.1234567", "VARCHAR"},
      {"BIGINT", "1.5", "DECIMAL(2,1)"},
      {"BIGINT", "9223372036854775808", "DECIMAL(19,0)"},
      {"BIGINT", "true", "BOOLEAN"},
      {"TINYINT", "128", "BIGINT"},
      {"SMALLINT", "-32769", "BIGINT"},
      {"INTEGER", "1e3", "DOUBLE"},
      {"DECIMAL(10,2)", "1.999", "DECIMAL(4,3)"},
      {"DECIMAL(4,2)", "123", "BIGINT"},
      {"DATE", "2026-01-01 10:00:00", "TIMESTAMP WITH TIME ZONE"},
      {"DATE", "01/02/2026", "VARCHAR"},
      {"DATE", "infinity", "VARCHAR"},
      {"FLOAT", "1e39", "DOUBLE"},
      {"FLOAT", "16777217", "BIGINT"},
      {"DOUBLE", "1e400", "VARCHAR"},
      {"DOUBLE", "9007199254740993", "BIGINT"},
      {"BOOLEAN", "1", "BIGINT"},
      {"BLOB", "\\xAB", "VARCHAR"},
      {"BLOB", "abc", "VARCHAR"},
      {"BLOB", "123", "BIGINT"},
      {"BIGINT[]", "[1, 2.5]", "DOUBLE"},
      {"STRUCT(x BIGINT)", R"("{""x"":1,""z"":2}")", "a field \"z\""}};
  for (const Misfit& misfit : misfits) {
    Append(fmt::format("SELECT 1 AS id, NULL::{} AS v", misfit.type));
    const std::string type = TypeOf("v");
    const bool is_list = misfit.text.starts_with('[');
    const std::string text = is_list ? '"' + misfit.text + '"' : misfit.text;
    const std::string error = Refusal("x.csv", "id,v\n1,\n2," + text + "\n");
    EXPECT_TRUE(error.starts_with("x.csv:3: column \"v\"")) << error;
    EXPECT_NE(error.find(misfit.found), std::string::npos) << error;
    EXPECT_NE(error.find(is_list ? "BIGINT" : type), std::string::npos) << error;
    Drop();
  }
}

TEST_F(ImportCsvTest, ValuesThatFitComeExactly) {
  Append(
      "SELECT 0::TINYINT AS a, 0::DOUBLE AS b, 0::DECIMAL(20,2) AS c, DATE '2020-01-01' AS d, "
      "TIMESTAMPTZ '2020-01-01 00:00:00Z' AS e, false AS f, 0::FLOAT AS g WHERE false");
  Import({File("x.csv",
               "a,b,c,d,e,f,g\n"
               "-128,12,1,2026-01-02,2026-01-02T03:04:05.123456Z,TRUE,0.1\n"
               " 7 ,1e300,123456789012345678.910,,2026-01-02 03:04:05+01:00,false,nan\n"
               "1.0,-Infinity,-.5,9999-12-31,2026-01-02,,1\n")});
  EXPECT_EQ(Rows(),
            (Strings{"-128|12.0|1.00|2026-01-02|2026-01-02 03:04:05.123456+00|true|0.1",
                     "1|-inf|-0.50|9999-12-31|2026-01-02 00:00:00+00|null|1.0",
                     "7|1e+300|123456789012345678.91|null|2026-01-02 02:04:05+00|false|nan"}));
}

TEST_F(ImportCsvTest, ABadValueBehindThousandsOfGoodOnesIsFound) {
  Append("SELECT 1::BIGINT AS id, '' AS name WHERE false");
  std::string text = "id,name\n";
  for (int i = 0; i < 100'000; ++i) {
    text += fmt::format("{},\"two\nlines\"\n", i);
  }
  const std::string error = Refusal("x.csv", text + "1.5,last\n");
  EXPECT_TRUE(error.starts_with("x.csv:200002: column \"id\": '1.5' is ")) << error;
}

TEST_F(ImportCsvTest, NothingIsGuessedOfHowAFileIsWritten) {
  Import({File("hash.csv", "id,s\n1,#one\n2,two\n#3,three\n")});
  EXPECT_EQ(Rows(), (Strings{"#3|three", "1|#one", "2|two"}));
  Import({File("one.csv", "s\nDoe; John\nRoe; Jane\n")}, {.mode = WriteMode::kOverwrite});
  EXPECT_EQ(Rows(), (Strings{"null|Doe; John", "null|Roe; Jane"}));
  Import({File("single.csv", "id,s\n1,'a'\n2,|b|\n3,it's\n")}, {.mode = WriteMode::kOverwrite});
  EXPECT_EQ(Rows(), (Strings{"1|'a'", "2||b|", "3|it's"}));
  Import({File("dates.csv", "id,s\n1,01/02/2026\n")}, {.mode = WriteMode::kOverwrite});
  EXPECT_EQ(Rows(), (Strings{"1|01/02/2026"}));
}

TEST_F(ImportCsvTest, ARecordOfAnotherShapeThanTheHeaderIsRefused) {
  Append("SELECT 1 AS id, 'a' AS s");
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"id,s\n1,a,b\n", "x.csv:2: 3 fields where the header has 2"},
           {"id,s\n1,a\n2,b,\n", "x.csv:3: 3 fields where the header has 2"},
           {"id,s\n\n1\n", "x.csv:3: 1 field where the header has 2"},
           {"id,s\n1,\"a\nb\"\n2,\"b\"c\n", "x.csv:4: text behind the closing quote"},
           {"id,s\n1, \"a\"\n", "x.csv:2: spaces before a field's quotes"},
           {"id,s\n1,\"a\n2,b\n", "x.csv:2: a quote that isn't closed"},
           {"id,s\r\n1,a\n", "x.csv:2: the line ends with \\n, those before with \\r\\n"},
           {"id,s\n1,a\rb\n", "x.csv:2: a carriage return outside of quotes"},
           {"id,s\n1,\xff\n", "x.csv:2: the text is not UTF-8"},
           {"id,id\n1,2\n", "x.csv:1: the header has two columns \"id\""},
           {"id,\n1,2\n", "x.csv:1: field 2 of the header is empty"},
           {"\nid,s\n1,a\n", "x.csv:1: the line is blank"}}) {
    const std::string error = Refusal("x.csv", text);
    EXPECT_TRUE(error.starts_with(expected)) << error;
  }
  EXPECT_EQ(Rows(), (Strings{"1|a"}));
}

TEST_F(ImportCsvTest, LinesMayEndInTwoWaysAndTheLastNotAtAll) {
  Import(
      {File("a.csv", "\xEF\xBB\xBFid,s\r\n1,\"a\r\nb\"\r\n\r\n2,c"), File("b.csv", "id,s\n3,d")});
  EXPECT_EQ(Rows(), (Strings{"1|a\r\nb", "2|c", "3|d"}));
}

TEST_F(ImportCsvTest, ABlankLineOfOneColumnIsNull) {
  Import({File("a.csv", "s\na\n\n\"\"\n\n")});
  EXPECT_EQ(Rows(), (Strings{"", "a", "null", "null"}));
}

TEST_F(ImportCsvTest, EmptyTextAndNullAreTwoThings) {
  Import({File("a.csv", "id,s,p\n1,\"\",\"\"\n2,,\n")}, {.partition_by = {"p"}});
  EXPECT_EQ(Rows(), (Strings{"1||null", "2|null|null"}));
  Append("SELECT 3 AS id, 'x' AS s, 'y' AS p, 1.5 AS n");
  Import({File("b.csv", "id,s,p,n\n\"4\",\"\",\"\",\"\"\n")}, {.mode = WriteMode::kOverwrite});
  EXPECT_EQ(Rows(), (Strings{"4||null|null"}));
}

TEST_F(ImportCsvTest, AnotherDelimiterIsSaid) {
  Import({File("a.csv", "id;s\n1;a,b\n2;\"c;d\"\n")}, {}, ';');
  Import({File("a.tsv", "id\ts\n3\te,f;g\n")});
  Import({File("b.tsv", "id|s\n4|h\ti\n")}, {}, '|');
  EXPECT_EQ(Rows(), (Strings{"1|a,b", "2|c;d", "3|e,f;g", "4|h\ti"}));
  const std::string json = File("a.ndjson", "{\"id\": 1}\n");
  EXPECT_NE(ErrorOf([&] { Import({json}, {}, ';'); }).find("has no delimiter"), std::string::npos);
}

TEST_F(ImportCsvTest, NestedColumnsAreJson) {
  Append(
      "SELECT {'x': 1::BIGINT, 't': DATE '2026-01-01'} AS st, [1.5::DECIMAL(9,2)] AS l, "
      "MAP {'k': 1.5::DOUBLE} AS m");
  Import({File("a.csv",
               "st,l,m\n\"{\"\"x\"\":2}\",\"[2.25,null]\",\"{\"\"a\"\":2}\"\n,,\n"
               "\"{\"\"t\"\":\"\"2026-02-03\"\"}\",[],{}\n")});
  EXPECT_EQ(Rows(), (Strings{"null|null|null", "{'x': 1, 't': 2026-01-01}|[1.50]|{k=1.5}",
                             "{'x': 2, 't': NULL}|[2.25, NULL]|{a=2.0}",
                             "{'x': NULL, 't': 2026-02-03}|[]|{}"}));
}

TEST_F(ImportCsvTest, TypesOfNewColumnsLoseNoDigit) {
  Import({File("a.csv",
               "a,b,c,d,e,f,g,h,i,j\n"
               "1,007,1.5,12345678901234567890,2026-01-02,2026-01-02,true,+49123,0.5,2026-01-02\n"
               "-2,1,nan,1.5,2026-02-03,2026-01-02T03:04:05Z,FALSE,1,0.12345678901234567891,x\n")});
  const Strings types{TypeOf("a"), TypeOf("b"), TypeOf("c"), TypeOf("d"), TypeOf("e"),
                      TypeOf("f"), TypeOf("g"), TypeOf("h"), TypeOf("i"), TypeOf("j")};
  EXPECT_EQ(types,
            (Strings{"BIGINT", "VARCHAR", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP WITH TIME ZONE",
                     "BOOLEAN", "VARCHAR", "VARCHAR", "VARCHAR"}));
}

TEST_F(ImportCsvTest, AnEmptyFileHasNoColumns) {
  const std::string empty = File("empty.csv", "");
  EXPECT_NE(ErrorOf([&] { Import({empty}); }).find("empty.csv is empty"), std::string::npos);
  Import({empty, File("a.csv", "id,s\n1,a\n")});
  Import({empty, File("blank.csv", "\n\n")});
  EXPECT_EQ(Rows(), (Strings{"1|a"}));
  EXPECT_EQ(Open().metadata.schema.names(), (Strings{"id", "s"}));
  Import({empty}, {.mode = WriteMode::kOverwrite});
  EXPECT_EQ(Rows(), Strings{});
}

}  // namespace
}  // namespace weir::lake
