#include "lake/import_files.h"

#include <random>
#include <sstream>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "base/test_seed.h"
#include "lake/import_fixture.h"
#include "sql/print_result.h"

namespace weir::lake {
namespace {

TEST_F(ImportFilesTest, CsvMakesATable) {
  Import({File("a.csv", "id,name,day\n1,\"a,b\",2026-01-02\n2,,\n")});
  EXPECT_EQ(Rows(), (Strings{"1|a,b|2026-01-02", "2|null|null"}));
  EXPECT_EQ(ToText(Open().metadata.schema.fields[0].type), "BIGINT");
}

TEST_F(ImportFilesTest, IdsKeepTheirDigits) {
  std::string rows;
  for (int i = 0; i < 30000; ++i) {
    rows += fmt::format("{},{}\n", i, i + 1);
  }
  Import({File("a.csv", "zeros,long\n" + rows + "007,12345678901234567890\n")});
  const Schema schema = Open().metadata.schema;
  EXPECT_EQ(ToText(schema.fields[0].type), "VARCHAR");
  EXPECT_EQ(ToText(schema.fields[1].type), "VARCHAR");
  const Strings all = Rows();
  EXPECT_NE(std::ranges::find(all, "007|12345678901234567890"), all.end());
}

TEST_F(ImportFilesTest, TheTablesTypesWinOverTheTexts) {
  Append("SELECT 'x' AS id, 1.5::DECIMAL(9,2) AS price");
  Import({File("a.csv", "id,price\n42,7\n")});
  Import({File("b.ndjson", "{\"id\": \"43\", \"price\": 8}\n")});
  EXPECT_EQ(Rows(), (Strings{"42|7.00", "43|8.00", "x|1.50"}));
}

TEST_F(ImportFilesTest, ABadValueOfACsvNamesFileLineAndColumn) {
  Append("SELECT 1 AS id");
  const std::string file = File("bad.csv", "id\n2\nabc\n");
  const std::string error = ErrorOf([&] { Import({file}); });
  EXPECT_NE(error.find("bad.csv:3: column \"id\": 'abc' is VARCHAR, which does not fit INTEGER"),
            std::string::npos)
      << error;
  EXPECT_EQ(Open().version, 0);
}

TEST_F(ImportFilesTest, ABadValueOfJsonNamesFileLineAndColumn) {
  Append("SELECT 1 AS id, 'a' AS name");
  const std::string file =
      File("bad.ndjson", "{\"id\": 2, \"name\": \"b\"}\n{\"id\": \"abc\", \"name\": \"c\"}\n");
  const std::string error = ErrorOf([&] { Import({file}); });
  EXPECT_NE(error.find("bad.ndjson:2: column \"id\": 'abc' is VARCHAR, which does not fit INTEGER"),
            std::string::npos)
      << error;
}

TEST_F(ImportFilesTest, ParquetTypesWidenOrAreRefusedWithBothNamed) {
  Append("SELECT 1::BIGINT AS id, 'a' AS name");
  Import({Parquet("a.parquet", "SELECT 2::INTEGER AS id, 'b' AS name")});
  EXPECT_EQ(Rows(), (Strings{"1|a", "2|b"}));
  const std::string file = Parquet("b.parquet", "SELECT 'x' AS id");
  const std::string error = ErrorOf([&] { Import({file}); });
  EXPECT_NE(error.find("column \"id\""), std::string::npos) << error;
  EXPECT_NE(error.find("VARCHAR"), std::string::npos) << error;
  EXPECT_NE(error.find("BIGINT"), std::string::npos) << error;
}

TEST_F(ImportFilesTest, TypesThatTablesLackBecomeTheNearest) {
  Import({Parquet("a.parquet",
                  "SELECT 1::UINTEGER AS a, 18446744073709551615::UBIGINT AS b, "
                  "TIMESTAMP_NS '2026-01-02 03:04:05.123456789' AS t")});
  EXPECT_EQ(Rows(), (Strings{"1|18446744073709551615|2026-01-02 03:04:05.123456+00"}));
}

// A file whose footer says of a DECIMAL(38,2) that it has 40 digits, as other programs' may.
TEST_F(ImportFilesTest, DecimalsOfMoreDigitsThanTablesHaveAreRefused) {
  const std::string file = Parquet("wide.parquet", "SELECT 1 AS id, 1.5::DECIMAL(38,2) AS v");
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::string precision_38 = "\x15\x4c";  // a field of the footer's Thrift: an i32, zigzag
  for (auto at = bytes.rfind("PAR1"); (at = bytes.rfind(precision_38, at)) != std::string::npos;) {
    bytes[at + 1] = '\x50';
  }
  std::ofstream(file, std::ios::binary) << bytes;
  ASSERT_EQ(warehouse_.connection().QueryInteger(
                fmt::format("SELECT max(precision) FROM parquet_schema({})", sql::QuoteText(file))),
            40);

  const std::string error = ErrorOf([&] { Import({file}); });

  EXPECT_NE(error.find("wide.parquet: column \"v\" is DECIMAL(40,2)"), std::string::npos) << error;
  EXPECT_FALSE(Open().exists());
}

TEST_F(ImportFilesTest, WhatIsNoParquetFileIsNamedWithoutSql) {
  const std::string error = ErrorOf([&] { Import({File("a.parquet", "id,name\n1,a\n")}); });
  EXPECT_NE(error.find("a.parquet can't be read as a Parquet file: "), std::string::npos) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  std::filesystem::create_directory(folder_ / "b.parquet");
  EXPECT_NE(ErrorOf([&] { Import({(folder_ / "b.parquet").string()}); }).find("is a folder"),
            std::string::npos);
}

TEST_F(ImportFilesTest, AFifoIsNotWaitedFor) {
  const std::string fifo = (folder_ / "a.csv").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_NE(ErrorOf([&] { Import({fifo}); }).find("a.csv is a pipe"), std::string::npos);
}

TEST_F(ImportFilesTest, ParquetFilesWhoseTypesHaveNoneInCommonAreRefused) {
  const std::string numbers = Parquet("n.parquet", "SELECT 1.5::DOUBLE AS v, 1::INTEGER AS id");
  const std::string texts = Parquet("t.parquet", "SELECT 'a' AS v, 2::BIGINT AS id");
  for (const Strings& files : {Strings{numbers, texts}, Strings{texts, numbers}}) {
    const std::string error = ErrorOf([&] { Import(files); });
    EXPECT_NE(error.find("column \"v\" has type "), std::string::npos) << error;
    EXPECT_NE(error.find("DOUBLE in " + numbers), std::string::npos) << error;
    EXPECT_NE(error.find("VARCHAR in " + texts), std::string::npos) << error;
  }
  Import({Parquet("a.parquet", "SELECT 1::INTEGER AS id, {'x': 1::INTEGER} AS st"),
          Parquet("b.parquet", "SELECT 2::BIGINT AS id, {'x': 2::BIGINT} AS st, 1 AS more"),
          Parquet("c.parquet", "SELECT NULL AS id")});
  EXPECT_EQ(Rows(), (Strings{"1|{'x': 1}|null", "2|{'x': 2}|1", "null|null|null"}));
}

TEST_F(ImportFilesTest, AColumnToPartitionByTwiceIsRefused) {
  const std::string file = File("a.csv", "id,p\n1,2\n");
  EXPECT_EQ(ErrorOf([&] { Import({file}, {.partition_by = {"p", "P"}}); }),
            "\"P\" stands twice among the columns to partition by");
}

TEST_F(ImportFilesTest, FilesMatchByColumnNameAndMissingOnesAreNull) {
  Import({File("a.csv", "id,name\n1,a\n"), File("b.csv", "name,id,extra\nb,2,9\n")});
  EXPECT_EQ(Rows(), (Strings{"1|a|null", "2|b|9"}));
}

TEST_F(ImportFilesTest, NestedJsonKeepsItsShape) {
  Import({File("a.jsonl", "{\"id\": 1, \"tags\": [\"a\", \"b\"], \"o\": {\"x\": 1.5}}\n")});
  EXPECT_EQ(Rows(), (Strings{"1|[a, b]|{'x': 1.5}"}));
}

TEST_F(ImportFilesTest, MergesByKeyAndPartitions) {
  Import({File("a.csv", "id,p\n1,a\n2,\n")}, {.partition_by = {"p"}});
  Import({File("b.csv", "id,p\n2,b\n3,b\n")}, {.mode = WriteMode::kMerge, .keys = {"id"}});
  EXPECT_EQ(Rows(), (Strings{"1|a", "2|b", "3|b"}));
}

TEST_F(ImportFilesTest, MixedUnknownAndAbsentFilesAreUserErrors) {
  const std::string csv = File("a.csv", "id\n1\n");
  const std::string json = File("a.ndjson", "{\"id\": 1}\n");
  EXPECT_NE(ErrorOf([&] { Import({csv, json}); }).find("different kinds"), std::string::npos);
  EXPECT_NE(ErrorOf([&] { Import({"a.txt"}); }).find(".parquet"), std::string::npos);
  EXPECT_NE(ErrorOf([&] { Import({"/nowhere/a.csv"}); }).find("no file /nowhere/a.csv"),
            std::string::npos);
}

TEST_F(ImportFilesTest, WildcardsInNamesOfFilesAreLetters) {
  for (const std::string kind : {"csv", "ndjson", "parquet"}) {
    const auto make = [&](const std::string& name, int id) {
      const std::string file = name + "." + kind;
      return kind == "csv" ? File(file, fmt::format("id,kind\n{},{}\n", id, kind))
             : kind == "ndjson"
                 ? File(file, fmt::format("{{\"id\":{},\"kind\":\"{}\"}}\n", id, kind))
                 : Parquet(file, fmt::format("SELECT {}::BIGINT AS id, '{}' AS kind", id, kind));
    };
    make("o1", 1);
    make("abc", 2);
    const Strings odd{make("o[1]", 3), make("a*", 4), make("?bc", 5)};
    Import(odd, {.mode = WriteMode::kOverwrite});
    EXPECT_EQ(Rows(), (Strings{"3|" + kind, "4|" + kind, "5|" + kind}));
  }
}

TEST_F(ImportFilesTest, SuffixesMayHaveCapitals) {
  Import({File("A.CSV", "id\n1\n")});
  Import({File("B.NdJson", "{\"id\": 2}\n")});
  Import({Parquet("C.PARQUET", "SELECT 3::BIGINT AS id")});
  Import({File("D.TSV", "id\n4\n")});
  EXPECT_EQ(Rows(), (Strings{"1", "2", "3", "4"}));
}

// DuckDB packs; weir unpacks what it reads first by itself.
TEST_F(ImportFilesTest, PackedTextIsReadAndWhatIsCutOffIsNamed) {
  const std::string rows =
      "SELECT i AS id, repeat('x', i::INTEGER % 300) AS s FROM range(20000) t(i)";
  warehouse_.connection().Run("CREATE TABLE packed_rows AS " + rows);
  for (const std::string name : {"a.csv.gz", "a.csv.ZST", "a.ndjson.gz", "a.ndjson.zst"}) {
    const std::string file = (folder_ / name).string();
    const bool is_csv = name.starts_with("a.csv");
    warehouse_.connection().Run(fmt::format("COPY packed_rows TO {} (FORMAT {}, COMPRESSION {})",
                                            sql::QuoteText(file), is_csv ? "csv" : "json",
                                            name.ends_with("gz") ? "gzip" : "zstd"));
    Import({file}, {.mode = WriteMode::kOverwrite});
    EXPECT_EQ(Rows(), Sorted("FROM packed_rows", Open().metadata.schema)) << name;

    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    const std::string error = ErrorOf([&] { Import({file}); });
    EXPECT_NE(error.find(name + ": its "), std::string::npos) << error;
    EXPECT_NE(error.find("cut off"), std::string::npos) << error;
  }
}

// Random bytes as a literal: none, or some of all 256; or null.
std::string RandomBytesSql(std::mt19937_64& random) {
  if (random() % 4 == 0) {
    return "NULL::BLOB";
  }
  std::string hex;
  for (std::uint64_t left = random() % 6; left > 0; --left) {
    hex += fmt::format("{:02x}", random() % 256);
  }
  return fmt::format("unhex('{}')", hex);
}

// A row of bytes in every place that a text file has for them.
std::string RandomBytesRowSql(std::mt19937_64& random, int id) {
  const auto bytes = [&] { return RandomBytesSql(random); };
  const auto or_null = [&](const std::string& value, const std::string& type) {
    return fmt::format("{}::{}", random() % 5 == 0 ? "NULL" : value, type);
  };
  return fmt::format(
      "SELECT {} AS id, {} AS b, {} AS l, {} AS st, {} AS m", id, bytes(),
      or_null(fmt::format("[{}, {}]", bytes(), bytes()), "BLOB[]"),
      or_null(fmt::format("{{'n': {}, 'b': {}, 'deep': [{{'b': {}}}]}}", id, bytes(), bytes()),
              "STRUCT(n BIGINT, b BLOB, deep STRUCT(b BLOB)[])"),
      or_null(fmt::format("MAP {{'k': [{}], 'none': [], 'null': NULL}}", bytes()),
              "MAP(VARCHAR, BLOB[])"));
}

// The lines of a printed array of objects.
std::string LinesOfArray(const std::string& json) {
  std::string lines;
  for (const auto& object : nlohmann::json::parse(json)) {
    lines += object.dump() + "\n";
  }
  return lines;
}

TEST_F(ImportFilesTest, PrintedBytesComeBackAsTheyWere) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() / 4; ++round) {
    std::string rows =
        "SELECT -1 - i AS id, unhex(format('{:02x}', i)) AS b, NULL::BLOB[] AS l, "
        "NULL::STRUCT(n BIGINT, b BLOB, deep STRUCT(b BLOB)[]) AS st, "
        "NULL::MAP(VARCHAR, BLOB[]) AS m FROM range(256) t(i)";
    for (int id = 0; id < 12; ++id) {
      rows += " UNION ALL " + RandomBytesRowSql(random, id);
    }
    Append(rows);
    const auto expected = Rows();
    for (const bool is_csv : {true, false}) {
      sql::Result result = warehouse_.connection().Query(ScanSql(Table(), Open()));
      std::ostringstream printed;
      PrintResult(result, is_csv ? sql::OutputFormat::kCsv : sql::OutputFormat::kJson, printed);
      const std::string file =
          is_csv ? File("b.csv", printed.str()) : File("b.ndjson", LinesOfArray(printed.str()));
      Import({file}, {.mode = WriteMode::kOverwrite});
      ASSERT_EQ(Rows(), expected) << printed.str();
    }
    Drop();
  }
}

TEST_F(ImportFilesTest, BytesThatAreNoHexAreRefused) {
  Append("SELECT 'x'::BLOB AS b, [{'b': 'x'::BLOB}] AS l");
  const std::string allowed = ", which does not fit BLOB (hex, two digits a byte) of s.t";
  EXPECT_EQ(Refusal("a.ndjson", "{\"b\": \"0a\"}\n{\"b\": \"0\"}\n"),
            "a.ndjson:2: column \"b\": '0' is VARCHAR" + allowed);
  EXPECT_EQ(Refusal("a.ndjson", "{\"l\": [{\"b\": \"\\\\x0A\"}]}\n"),
            "a.ndjson:1: column \"l\", field \"b\": '\\x0A' is VARCHAR" + allowed);
  EXPECT_EQ(Refusal("a.csv", "b\n \n"), "a.csv:2: column \"b\": ' ' is VARCHAR" + allowed);
}

TEST_F(ImportFilesTest, AMapWithOneKeyTwiceIsRefused) {
  Append("SELECT MAP {'k': 1} AS m, MAP {7: 'x'} AS n, [MAP {'k': 1}] AS l");
  EXPECT_EQ(Refusal("a.ndjson", "{\"m\": {\"a\": 1, \"A\": 2}}\n{\"m\": {\"a\": 1, \"a\": 2}}\n"),
            "a.ndjson:2: column \"m\": the map has the key 'a' twice");
  EXPECT_EQ(Refusal("a.ndjson", "{\"n\": {\"7\": \"x\", \"8\": \"x\", \"+07\": \"y\"}}\n"),
            "a.ndjson:1: column \"n\": the map has the key '+07' twice");
  EXPECT_EQ(Refusal("a.ndjson", "{\"l\": [{\"k\": 1}, {\"k\": 1}, {\"k\": 1, \"k\": 1}]}\n"),
            "a.ndjson:1: column \"l\": the map has the key 'k' twice");
  const std::string csv = Refusal("a.csv", "m\n\"{\"\"a\"\": 1, \"\"a\"\": 2}\"\n");
  EXPECT_NE(csv.find("a.csv:2: column \"m\""), std::string::npos) << csv;
  EXPECT_NE(csv.find("the map has the key 'a' twice"), std::string::npos) << csv;
}

TEST_F(ImportFilesTest, AStopEndsTheReadingOfTextFiles) {
  std::stop_source source;
  source.request_stop();
  for (const std::string& file : {File("a.csv", "id\n1\n"), File("a.ndjson", "{\"id\": 1}\n")}) {
    EXPECT_THROW(
        ImportFiles(warehouse_, Table(), {.files = {file}, .stop = source.get_token()}, {}),
        CancelledError);
    EXPECT_FALSE(Open().exists());
  }
}

}  // namespace
}  // namespace weir::lake
