#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_of.h"
#include "sql/database.h"
#include "sql/duckdb_handles.h"

namespace weir::sql {
namespace {

class ResultTest : public testing::Test {
 protected:
  std::string SchemaError(const std::string& sql) {
    return ErrorOf([&] { connection_.Describe(sql); });
  }

  // The table type of an expression; Describe() and schema() must agree on it.
  std::string TypeOf(const std::string& expression) {
    const std::string sql = "SELECT " + expression + " AS x";
    const Schema schema = connection_.Describe(sql);
    EXPECT_EQ(connection_.Query(sql).schema(), schema);
    return ToText(schema.fields.at(0).type);
  }

  Database database_{{.memory_bytes = 200 << 20, .threads = 2, .spill_folder = {}}};
  Connection connection_ = database_.Connect();
};

TEST_F(ResultTest, CellsAreValuesOrTheTextOfACast) {
  const auto rows = connection_
                        .Query(
                            "SELECT true, -1::TINYINT, 4294967295::UINTEGER, 0.5::FLOAT, 'é', "
                            "NULL, 7::HUGEINT, DATE '2026-01-02', "
                            "TIMESTAMPTZ '2026-01-02 03:04:05.25+00', -1.50::DECIMAL(4,2), "
                            "['a', NULL], {'a': 1, 'b': {'c': 'x'}}, MAP {'k': [1]}, "
                            "UUID '6d3d2541-00ea-4c2e-9e6b-3c5e7b0a6b8f', INTERVAL 1 DAY, "
                            "'101'::BIT, '\\xAB'::BLOB, 'b'::ENUM('a', 'b'), TIME '01:02:03', "
                            "[1, 2]::INTEGER[2], 18446744073709551615::UBIGINT, "
                            "union_value(x := 2)")
                        .Rows();

  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0], (std::vector<Value>{true,
                                         std::int64_t{-1},
                                         std::int64_t{4294967295},
                                         0.5,
                                         "é",
                                         std::monostate(),
                                         "7",
                                         "2026-01-02",
                                         "2026-01-02 03:04:05.25+00",
                                         "-1.50",
                                         "[a, NULL]",
                                         "{'a': 1, 'b': {'c': x}}",
                                         "{k=[1]}",
                                         "6d3d2541-00ea-4c2e-9e6b-3c5e7b0a6b8f",
                                         "1 day",
                                         "101",
                                         "\\xAB",
                                         "b",
                                         "01:02:03",
                                         "[1, 2]",
                                         "18446744073709551615",
                                         "2"}));
}

TEST_F(ResultTest, TheTextOfACellIsWhatTheCastGives) {
  const std::string columns =
      "SELECT ((hash(range) % 2000)::BIGINT - 1000)::DECIMAL(9,2) AS a, "
      "TIMESTAMP '2026-01-01' + INTERVAL (range * 977) MILLISECOND AS b, "
      "[{'k': range, 'v': CASE WHEN range % 3 > 0 THEN repeat('x''\"', (range % 9)::INTEGER) END}] "
      "AS c, MAP {range: [DATE '2026-01-01' + (range % 800)::INTEGER]} AS d, "
      "hash(range)::HUGEINT * 1000000007 - range AS e, "
      "uuidv7() AS f, [range % 2, NULL]::INTEGER[2] AS g FROM range(3000)";
  connection_.Run("CREATE TABLE t AS " + columns);

  const auto cells = connection_.Query("FROM t").Rows();
  const auto casts = connection_.Query("SELECT COLUMNS(*)::VARCHAR FROM t").Rows();

  EXPECT_EQ(cells, casts);
}

TEST_F(ResultTest, ACellNeedsOneRowAndColumn) {
  EXPECT_EQ(connection_.Query("SELECT 'x'").Cell(), Value("x"));
  EXPECT_THROW(connection_.Query("SELECT 1, 2").Cell(), UserError);
  EXPECT_THROW(connection_.Query("FROM range(2)").Cell(), UserError);
  EXPECT_THROW(connection_.Query("FROM range(0)").Cell(), UserError);
}

TEST_F(ResultTest, EveryTypeThatATableCanHoldBecomesItsTableType) {
  const std::vector<std::pair<std::string, std::string>> types{
      {"true", "BOOLEAN"},
      {"1::TINYINT", "TINYINT"},
      {"1::SMALLINT", "SMALLINT"},
      {"1::INTEGER", "INTEGER"},
      {"1::BIGINT", "BIGINT"},
      {"1::UTINYINT", "SMALLINT"},
      {"1::USMALLINT", "INTEGER"},
      {"1::UINTEGER", "BIGINT"},
      {"1::UBIGINT", "DECIMAL(20,0)"},
      {"1::HUGEINT", "DECIMAL(38,0)"},
      {"1::FLOAT", "FLOAT"},
      {"1::DOUBLE", "DOUBLE"},
      {"1::DECIMAL(12,3)", "DECIMAL(12,3)"},
      {"'x'", "VARCHAR"},
      {"'{}'::JSON", "VARCHAR"},
      {"'a'::ENUM('a')", "VARCHAR"},
      {"uuid()", "VARCHAR"},
      {"TIME '01:02:03'", "VARCHAR"},
      {"'x'::BLOB", "BLOB"},
      {"DATE '2026-01-02'", "DATE"},
      {"TIMESTAMPTZ '2026-01-02'", "TIMESTAMP WITH TIME ZONE"},
      {"TIMESTAMP '2026-01-02'", "TIMESTAMP"},
      {"TIMESTAMP_S '2026-01-02'", "TIMESTAMP"},
      {"TIMESTAMP_MS '2026-01-02'", "TIMESTAMP"},
      {"TIMESTAMP_NS '2026-01-02'", "TIMESTAMP"},
      {"[1::UTINYINT]", "SMALLINT[]"},
      {"[1, 2]::INTEGER[2]", "INTEGER[]"},
      {"MAP {'a': [1::BIGINT]}", "MAP(VARCHAR, BIGINT[])"},
      {"{'a': 1, 'B c': {'d': 'x'}}", "STRUCT(\"a\" INTEGER, \"B c\" STRUCT(\"d\" VARCHAR))"}};

  for (const auto& [expression, type] : types) {
    EXPECT_EQ(TypeOf(expression), type) << expression;
  }
}

TEST_F(ResultTest, TypesThatTablesCannotHoldAreNamedWithTheirColumn) {
  const std::vector<std::pair<std::string, std::string>> types{
      {"INTERVAL 1 DAY", "INTERVAL"}, {"'1'::BIT", "BIT"},
      {"1::UHUGEINT", "UHUGEINT"},    {"TIMETZ '01:02:03+01'", "TIME WITH TIME ZONE"},
      {"1::BIGNUM", "BIGNUM"},        {"union_value(x := 2)", "UNION"},
      {"1::VARIANT", "VARIANT"},      {"[{'a': INTERVAL 1 DAY}]", "INTERVAL"}};

  for (const auto& [expression, type] : types) {
    const std::string message = SchemaError("SELECT 1 AS ok, " + expression + " AS odd");
    EXPECT_TRUE(message.starts_with("column \"odd\" has type ")) << message;
    EXPECT_NE(message.find("tables can't hold " + type + "; cast it to "), std::string::npos)
        << message;
  }
}

TEST_F(ResultTest, StructsWithoutNamesAndEqualColumnNamesAreRefused) {
  EXPECT_NE(SchemaError("SELECT row(1, 2) AS pair").find("column \"pair\""), std::string::npos);
  EXPECT_NE(SchemaError("SELECT 1 AS a, 2 AS A").find("two columns are named \"A\""),
            std::string::npos);
}

TEST_F(ResultTest, ANulByteInTheTextIsAnErrorAndNoEnd) {
  EXPECT_THAT(ErrorOf([&] { connection_.Query(std::string("SELECT 1\0 frm", 13)); }),
              testing::HasSubstr("NUL byte"));
}

TEST_F(ResultTest, NamesItsColumnsAndTypes) {
  const Result result = connection_.Query(
      "SELECT 1::UTINYINT AS a, INTERVAL 1 DAY AS b, '{}'::JSON AS c, [[1.5]] AS \"d e\"");

  EXPECT_EQ(result.column_names(), (std::vector<std::string>{"a", "b", "c", "d e"}));
  EXPECT_EQ(result.column_type_names(),
            (std::vector<std::string>{"UTINYINT", "INTERVAL", "JSON", "DECIMAL(2,1)[][]"}));
}

TEST_F(ResultTest, TheArrowSchemaHasTheColumnsFormats) {
  const Result result =
      connection_.Query("SELECT 1::BIGINT AS a, 'x' AS b, TIMESTAMPTZ '2026-01-02' AS c, [1] AS d");
  const OwnedArrowSchema schema = result.arrow_schema();

  ASSERT_EQ(schema.get()->n_children, 4);
  const std::vector<std::string> formats{"l", "u", "tsu:UTC", "+l"};
  for (int column = 0; column < 4; ++column) {
    EXPECT_EQ(schema.get()->children[column]->format, formats[static_cast<std::size_t>(column)]);
  }
  EXPECT_STREQ(schema.get()->children[3]->name, "d");
}

TEST_F(ResultTest, TheFirstRowsOfAHugeResultComeAtOnce) {
  const auto begin = std::chrono::steady_clock::now();

  Result result = connection_.Query("SELECT range, repeat('x', 100) FROM range(100000000000)");
  const auto batch = result.NextBatch();

  EXPECT_TRUE(batch && batch->num_rows() > 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(100));
}

TEST_F(ResultTest, TenMillionRowsPassInLittleMemory) {
  constexpr std::int64_t kMost = 50 << 20;  // of 1.2 GB
  Connection watcher = database_.Connect();
  Result result =
      connection_.Query("SELECT range, repeat('x', 100) || range AS text FROM range(10000000)");

  std::int64_t rows = 0;
  for (std::int64_t batches = 0; const auto batch = result.NextBatch(); ++batches) {
    rows += batch->num_rows();
    if (batches % 1000 == 0) {
      ASSERT_LT(watcher.QueryInteger("SELECT sum(memory_usage_bytes) FROM duckdb_memory()"), kMost);
    }
  }
  EXPECT_EQ(rows, 10000000);
}

// Reads the rows before an error; returns how many. DuckDB stops a query's other threads when one
// fails, and at times tells of that alone.
std::int64_t ReadUpToBoom(Connection& connection, const std::string& sql) {
  std::int64_t rows = 0;
  try {
    Result result = connection.Query(sql);
    while (const auto batch = result.NextBatch()) {
      rows += batch->num_rows();
    }
    ADD_FAILURE() << "no error";
  } catch (const UserError& problem) {
    EXPECT_THAT(problem.what(), testing::HasSubstr("boom"));
  } catch (const ExternalError& problem) {
    EXPECT_THAT(problem.what(), testing::HasSubstr("run it again"));
  }
  return rows;
}

TEST_F(ResultTest, AnErrorInTheMiddleIsThrownWhereItHappens) {
  const std::int64_t rows = ReadUpToBoom(
      connection_,
      "SELECT CASE WHEN range = 3000000 THEN error('boom') ELSE range END FROM range(5000000)");

  EXPECT_GT(rows, 0);
  EXPECT_LE(rows, 3000000);
}

TEST_F(ResultTest, AnErrorIsNeverTakenForACancellation) {
  for (int i = 0; i < 50; ++i) {
    const std::int64_t rows =
        ReadUpToBoom(connection_,
                     "SELECT CASE WHEN range % 100000 = 99999 THEN error('boom') ELSE range END "
                     "FROM range(1000000)");
    EXPECT_LT(rows, 1000000);
  }
}

TEST_F(ResultTest, AResultThatAnotherQueryEndedIsNoEmptyOne) {
  Result result = connection_.Query("FROM range(1000000)");
  connection_.Run("SELECT 1");

  EXPECT_THROW(result.NextBatch(), std::logic_error);
}

TEST_F(ResultTest, AResultReadToItsEndStaysAtItsEnd) {
  Result result = connection_.Query("FROM range(10)");
  EXPECT_EQ(result.Rows().size(), 10U);
  connection_.Run("SELECT 1");

  EXPECT_FALSE(result.NextBatch());
  EXPECT_TRUE(result.Rows().empty());
}

TEST_F(ResultTest, AResultGivenUpHoldsNothing) {
  connection_.Run("CREATE TABLE t AS FROM range(10)");
  {
    const Result result = connection_.Query("SELECT a.range FROM range(10000000) a, t");
  }
  Connection other = database_.Connect();

  other.Run("DROP TABLE t");

  EXPECT_THROW(connection_.Run("FROM t"), UserError);
}

TEST_F(ResultTest, StatementsRunToTheirEndEvenIfTheResultIsNotRead) {
  {
    const Result result = connection_.Query("CREATE TABLE t AS FROM range(1000000)");
  }
  {
    const Result result = connection_.Query("INSERT INTO t FROM range(500000) RETURNING range");
  }

  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM t"), 1500000);
}

TEST_F(ResultTest, ChunksAreReadAsDuckdbHasThem) {
  Result result = connection_.Query("SELECT range AS a, range * 2 AS b FROM range(5000)");
  ChunkReader reader(result);

  ASSERT_EQ(reader.num_columns(), 2U);
  EXPECT_EQ(duckdb_get_type_id(reader.column_type(1)), DUCKDB_TYPE_BIGINT);
  std::int64_t sum = 0;
  while (const OwnedDataChunk chunk = reader.Next()) {
    const auto* data = static_cast<std::int64_t*>(
        duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), 1)));
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk.get()); ++row) {
      sum += data[row];
    }
  }
  EXPECT_EQ(sum, 4999 * 5000);
}

}  // namespace
}  // namespace weir::sql
