#include "lake/import_files.h"

#include "lake/import_fixture.h"

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
