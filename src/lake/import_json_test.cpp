#include "lake/import_files.h"
#include "lake/import_fixture.h"

namespace weir::lake {
namespace {

using ImportJsonTest = ImportFilesTest;

// A column of the table, JSON that it can't hold, and what the message says of it.
struct JsonMisfit {
  std::string type;
  std::string value;
  std::string found;
};

TEST_F(ImportJsonTest, AValueThatDoesNotFitItsColumnIsRefusedWithBothTypes) {
  const std::vector<JsonMisfit> misfits{
      {"BIGINT", "2.5", "2.5 is DOUBLE"},
      {"BIGINT", "true", "true is BOOLEAN"},
      {"BIGINT", R"("14")", "'14' is VARCHAR"},
      {"BIGINT", "9223372036854775808", "is DECIMAL(19,0)"},
      {"INTEGER", "[1]", "an array"},
      {"TINYINT", "128", "128 is BIGINT"},
      {"VARCHAR", "14", "14 is BIGINT"},
      {"VARCHAR", "false", "false is BOOLEAN"},
      {"VARCHAR", R"({"a": 1})", "an object"},
      {"DOUBLE", R"("1.5")", "'1.5' is VARCHAR"},
      {"DOUBLE", "9007199254740993", "is BIGINT"},
      {"FLOAT", "1e39", "1e39 is DOUBLE"},
      {"DECIMAL(10,2)", "1.999", "1.999 is DOUBLE"},
      {"DATE", R"("2026-01-01 10:00:00")", "is TIMESTAMP WITH TIME ZONE"},
      {"DATE", R"("infinity")", "'infinity' is VARCHAR"},
      {"DATE", "20260101", "20260101 is BIGINT"},
      {"TIMESTAMPTZ", R"("nonsense")", "'nonsense' is VARCHAR"},
      {"TIMESTAMPTZ", "1767225600000", "is BIGINT"},
      {"BOOLEAN", R"("true")", "'true' is VARCHAR"},
      {"STRUCT(x BIGINT)", "7", "7 is BIGINT"}};
  for (const JsonMisfit& misfit : misfits) {
    Append(fmt::format("SELECT 1::BIGINT AS id, NULL::{} AS v", misfit.type));
    const std::string type = TypeOf("v");
    const std::string error =
        Refusal("x.ndjson", "{\"id\":1,\"v\":null}\n\n{\"id\":2,\"v\":" + misfit.value + "}\n");
    EXPECT_TRUE(error.starts_with("x.ndjson:3: column \"v\": ")) << error;
    EXPECT_NE(error.find(misfit.found), std::string::npos) << error;
    EXPECT_NE(error.find("which does not fit " + type), std::string::npos) << error;
    Drop();
  }
}

TEST_F(ImportJsonTest, ValuesThatFitComeExactly) {
  Append(
      "SELECT 0::BIGINT AS a, 0::DOUBLE AS b, 0::DECIMAL(38,2) AS c, DATE '2020-01-01' AS d, "
      "TIMESTAMPTZ '2020-01-01 00:00:00Z' AS e, 0::FLOAT AS g, MAP {DATE '2020-01-01': 1::INTEGER} "
      "AS m WHERE false");
  Import({File(
      "x.ndjson",
      R"({"a":9223372036854775807,"b":12,"c":123456789012345678901234567890,"d":"2026-01-02"})"
      "\n"
      R"({"a":-1,"b":"NaN","c":1.10,"e":"2026-01-02T03:04:05.123456Z","g":0.1})"
      "\n"
      R"({"a":0,"b":1e300,"c":-0.5,"e":"2026-01-02","m":{"2026-02-03":4}})"
      "\n")});
  EXPECT_EQ(Rows(),
            (Strings{"-1|nan|1.10|null|2026-01-02 03:04:05.123456+00|0.1|null",
                     "0|1e+300|-0.50|null|2026-01-02 00:00:00+00|null|{2026-02-03=4}",
                     "9223372036854775807|12.0|123456789012345678901234567890.00|2026-01-02|null|"
                     "null|null"}));
}

TEST_F(ImportJsonTest, DigitsThatAReaderOfDoublesWouldLoseAreRefused) {
  Append("SELECT 1::DECIMAL(38,20) AS v");
  const std::string error = Refusal("x.ndjson", "{\"v\": 0.30000000000000000001}\n");
  EXPECT_TRUE(error.starts_with("x.ndjson:1: column \"v\": 0.30000000000000000001 has more digits"))
      << error;
}

TEST_F(ImportJsonTest, FieldsThatAStructLacksAreRefused) {
  Import({File("a.ndjson", "{\"id\":1,\"st\":{\"x\":1},\"l\":[{\"y\":1}]}\n")});
  EXPECT_EQ(
      Refusal("b.ndjson", "{\"id\":2,\"st\":{\"x\":5,\"z\":1}}\n"),
      "b.ndjson:1: column \"st\": the object has a field \"z\", which STRUCT(\"x\" BIGINT) of s.t "
      "lacks");
  EXPECT_EQ(
      Refusal("b.ndjson", "{\"id\":2,\"l\":[{\"y\":5},{\"z\":1}]}\n"),
      "b.ndjson:1: column \"l\": the object has a field \"z\", which STRUCT(\"y\" BIGINT) of s.t "
      "lacks");
  Import({File("c.ndjson", "{\"id\":3,\"st\":{}}\n{\"id\":4,\"st\":null}\n")});
  EXPECT_EQ(Rows(), (Strings{"1|{'x': 1}|[{'y': 1}]", "3|{'x': NULL}|null", "4|null|null"}));
}

TEST_F(ImportJsonTest, LetterCaseOfFieldsDoesNotCount) {
  Import({File("a.ndjson", "{\"id\":1,\"st\":{\"x\":1}}\n")});
  Import({File("b.ndjson", "{\"ID\":2,\"St\":{\"X\":3}}\n")});
  EXPECT_EQ(Rows(), (Strings{"1|{'x': 1}", "2|{'x': 3}"}));
  const std::string mixed = Refusal("c.ndjson", "{\"id\":3}\n{\"Id\":4}\n");
  EXPECT_TRUE(mixed.starts_with("c.ndjson:2: column \"Id\": the field was spelled \"id\" before"))
      << mixed;
  const std::string twice = Refusal("c.ndjson", "{\"id\":3,\"id\":4}\n");
  EXPECT_TRUE(twice.starts_with("c.ndjson:1: column \"id\": the field is there twice")) << twice;
}

TEST_F(ImportJsonTest, WhatIsNoObjectALineIsRefused) {
  Append("SELECT 1::BIGINT AS id");
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"[{\"id\":1},{\"id\":2}]\n", "x.json:1: an array where an object is expected"},
           {"{\"id\":1}\n7\n", "x.json:2: '7' where an object is expected"},
           {"{\"id\":1}\n{\"id\":\n2}\n", "x.json:2: "},
           {"{\"id\":1}{\"id\":2}\n", "x.json:1: text follows the end of the JSON value"},
           {"{\"id\":1,}\n", "x.json:1: "},
           {"{\"id\":01}\n", "x.json:1: column \"id\": '01' is no JSON"},
           {"{\"id\":nul}\n", "x.json:1: column \"id\": is no JSON"},
           {"{\"id\":1 \"b\":2}\n", "x.json:1: "},
           {"{\"s\":\"\xff\"}\n", "x.json:1: "},
           {"\xEF\xBB\xBF{\"id\":1}\n", "x.json:1: the file begins with a byte order mark"}}) {
    const std::string error = Refusal("x.json", text);
    EXPECT_TRUE(error.starts_with(expected)) << error << " of " << text;
    EXPECT_NE(error, "");
  }
  EXPECT_EQ(Rows(), (Strings{"1"}));
  EXPECT_EQ(Open().metadata.schema.names(), (Strings{"id"}));
}

TEST_F(ImportJsonTest, ValuesMayBeInEachOtherButNotWithoutEnd) {
  const auto nested = [](int depth) {
    return "{\"v\":" + std::string(depth, '[') + "1" + std::string(depth, ']') + "}\n";
  };
  Import({File("a.ndjson", nested(20))});
  EXPECT_EQ(TypeOf("v").size(), std::string("BIGINT").size() + 2 * 20);
  for (const int depth : {1000, 100'000}) {
    EXPECT_EQ(Refusal("b.ndjson", nested(depth).replace(2, 1, "w")),
              "b.ndjson:1: values in each other more than 100 levels deep");
  }
  EXPECT_EQ(Refusal("b.ndjson", "{\"v\":null,\"\":1}\n"), "b.ndjson:1: a field without a name");
}

TEST_F(ImportJsonTest, ANewColumnHasOneTypeInAllFiles) {
  std::string many;
  for (int i = 0; i < 50'000; ++i) {
    many += fmt::format("{{\"v\":{}}}\n", i);
  }
  Import({File("a.ndjson", many), File("b.ndjson", "{\"v\":0.5}\n")});
  EXPECT_EQ(TypeOf("v"), "DOUBLE");
  EXPECT_EQ(Refusal("c.ndjson", "{\"w\":1}\n{\"w\":\"a\"}\n"),
            "c.ndjson:2: column \"w\": VARCHAR where a number came before; a column has one type");
  EXPECT_NE(Refusal("c.ndjson", "{\"w\":9007199254740993}\n{\"w\":0.5}\n"), "");
}

TEST_F(ImportJsonTest, TypesOfNewColumnsFollowTheirValues) {
  Import({File("a.ndjson",
               R"({"a":1,"b":18446744073709551615,"c":"2026-01-02","d":"2026-01-02T03:04:05Z",)"
               R"("e":"7","f":[],"g":{"h":[true]},"i":null,"j":-9223372036854775809})"
               "\n")});
  Strings types;
  for (const Field& field : Open().metadata.schema.fields) {
    types.push_back(ToText(field.type));
  }
  EXPECT_EQ(types,
            (Strings{"BIGINT", "DECIMAL(20,0)", "DATE", "TIMESTAMP WITH TIME ZONE", "VARCHAR",
                     "VARCHAR[]", "STRUCT(\"h\" BOOLEAN[])", "VARCHAR", "DECIMAL(38,0)"}));
  EXPECT_EQ(Rows(), (Strings{"1|18446744073709551615|2026-01-02|2026-01-02 03:04:05+00|7|[]|"
                             "{'h': [true]}|null|-9223372036854775809"}));
}

TEST_F(ImportJsonTest, AnEmptyFileHasNoColumns) {
  const std::string empty = File("empty.ndjson", "\n \n");
  EXPECT_NE(ErrorOf([&] { Import({empty}); }).find("empty.ndjson is empty"), std::string::npos);
  Import({empty, File("a.ndjson", "{\"id\":1}\n")});
  Import({empty});
  Import({File("objects.ndjson", "{}\n")});
  EXPECT_EQ(Rows(), (Strings{"1", "null"}));
  EXPECT_EQ(Open().metadata.schema.names(), (Strings{"id"}));
}

}  // namespace
}  // namespace weir::lake
