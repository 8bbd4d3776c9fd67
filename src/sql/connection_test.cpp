#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "sql/database.h"

namespace weir::sql {
namespace {

using Texts = std::vector<std::string>;

class ConnectionTest : public testing::Test {
 protected:
  template <typename Error>
  std::string ErrorOf(std::string_view sql) {
    return weir::ErrorOf<Error>([&] { connection_.Run(sql); });
  }

  // The last two lines of an error: what it quotes and its caret.
  std::string QuoteOf(std::string_view sql) {
    const std::string message = ErrorOf<UserError>(sql);
    return message.substr(message.find("LINE "));
  }

  Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  Connection connection_ = database_.Connect();
};

TEST_F(ConnectionTest, RunsSeveralStatementsInTurn) {
  connection_.Run("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2);; FROM t; -- end\n");

  EXPECT_EQ(connection_.QueryInteger("DELETE FROM t WHERE a = 2; SELECT sum(a) FROM t"), 1);
}

TEST_F(ConnectionTest, RunsNothing) {
  connection_.Run("");
  connection_.Run(" -- nothing");

  EXPECT_THROW(connection_.Query(";"), UserError);
}

TEST_F(ConnectionTest, BindsParametersOfEveryKind) {
  const std::array<Value, 5> parameters{std::monostate(), true, std::int64_t{-7}, 0.5,
                                        std::string("it's")};

  const auto rows = connection_.Query("SELECT $1::INTEGER, $2, $3, $4, $5", parameters).Rows();

  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0], std::vector<Value>(parameters.begin(), parameters.end()));
}

TEST_F(ConnectionTest, RefusesAWrongNumberOfParameters) {
  const std::array<Value, 1> one{std::int64_t{1}};

  EXPECT_THROW(connection_.Query("SELECT $1, $2", one), UserError);
  EXPECT_THROW(connection_.Query("SELECT 1", one), UserError);
  EXPECT_THROW(connection_.Run("SELECT $1"), UserError);
}

TEST_F(ConnectionTest, IntegersComeFromAnyIntegerType) {
  connection_.Run("CREATE TABLE t AS FROM range(5) r(a)");

  EXPECT_EQ(connection_.QueryInteger("SELECT sum(a) FROM t"), 10);  // a HUGEINT
  EXPECT_EQ(connection_.QueryInteger("SELECT 7::UTINYINT"), 7);
  EXPECT_EQ(connection_.QueryInteger("INSERT INTO t FROM t"), 5);
  EXPECT_THROW(connection_.QueryInteger("SELECT 'x'"), UserError);
  EXPECT_THROW(connection_.QueryInteger("SELECT NULL::INTEGER"), UserError);
  EXPECT_THROW(connection_.QueryInteger("FROM t"), UserError);
}

TEST_F(ConnectionTest, SyntaxErrorsQuoteTheirLineWithACaret) {
  EXPECT_EQ(QuoteOf("SELECT\n  1 +\n  FROM"),
            "LINE 3:   FROM\n"
            "          ^");
  EXPECT_EQ(QuoteOf("SELECT 1;\n\nSELECT 2 WHERE HAVING;"),
            "LINE 3: SELECT 2 WHERE HAVING;\n"
            "                       ^");
}

TEST_F(ConnectionTest, BinderErrorsQuoteTheirLineWithACaretInLaterStatementsToo) {
  EXPECT_EQ(QuoteOf("SELECT foo FROM (SELECT 1 AS bar)"),
            "LINE 1: SELECT foo FROM (SELECT 1 AS bar)\n"
            "               ^");
  EXPECT_EQ(QuoteOf("SELECT 'é;'; -- ;\nSELECT 1,\n foo"),
            "LINE 3:  foo\n"
            "         ^");
  EXPECT_EQ(QuoteOf("SELECT 1; SELECT * FROM nonesuch"),
            "LINE 1:           SELECT * FROM nonesuch\n"
            "                                ^");
}

TEST_F(ConnectionTest, ErrorsOfDataQuoteTheirLineWithACaret) {
  connection_.Run("CREATE TABLE t AS SELECT 'x' AS a");

  EXPECT_EQ(QuoteOf("SELECT 1;\nSELECT a::INTEGER\nFROM t"),
            "LINE 2: SELECT a::INTEGER\n"
            "                ^");
}

TEST_F(ConnectionTest, LongLinesAreCutAroundTheCaret) {
  const std::string quote =
      QuoteOf("SELECT " + std::string(300, ' ') + "foo" + std::string(300, ' ') + ", 1");

  const std::size_t line_end = quote.find('\n');
  EXPECT_LT(line_end, 160U);
  EXPECT_EQ(quote.find('^', line_end) - line_end - 1, quote.find("foo"));
}

TEST_F(ConnectionTest, WhatTheSqlIsToBlameForIsAUserError) {
  for (const char* sql :
       {"SELECT (", "SELECT a", "FROM nonesuch", "SELECT nonesuch(1)", "SELECT 'a'::INTEGER",
        "SELECT 9223372036854775807 + 1", "SELECT error('boom')", "SET nonesuch = 1",
        "CREATE TABLE u (a INTEGER PRIMARY KEY); INSERT INTO u VALUES (1), (1)"}) {
    EXPECT_THROW(connection_.Run(sql), UserError) << sql;
  }
}

TEST_F(ConnectionTest, WhatTheMachineIsToBlameForIsAnExternalError) {
  for (const char* sql : {"FROM read_csv('/nonesuch.csv')", "COPY (SELECT 1) TO '/nonesuch/x.csv'",
                          "COPY (SELECT repeat('x', 10000000)) TO '/dev/full' (FORMAT csv)"}) {
    EXPECT_THROW(connection_.Run(sql), ExternalError) << sql;
  }
}

TEST_F(ConnectionTest, GoesOnAfterAnError) {
  EXPECT_THROW(connection_.Run("SELECT 'a'::INTEGER"), UserError);

  EXPECT_EQ(connection_.QueryInteger("SELECT 1"), 1);
}

TEST_F(ConnectionTest, DescribeBindsWithoutRunning) {
  connection_.Run("CREATE TABLE t AS SELECT 1 AS a");

  const Schema schema = connection_.Describe("SELECT a, error('boom') AS b FROM t");

  EXPECT_EQ(schema.names(), (Texts{"a", "b"}));
  EXPECT_THROW(connection_.Describe("SELECT nonesuch"), UserError);
  EXPECT_THROW(connection_.Describe("SELECT 1; SELECT 2"), UserError);
}

TEST_F(ConnectionTest, FindsTheTablesThatASelectNames) {
  EXPECT_EQ(connection_.TableNames("SELECT * FROM b JOIN s.a USING (k), c.s.t x"),
            (Texts{"b", "c.s.t", "s.a"}));
  EXPECT_EQ(connection_.TableNames("SELECT (SELECT max(a) FROM t1) FROM t2 WHERE b IN (FROM t3)"),
            (Texts{"t1", "t2", "t3"}));
  EXPECT_EQ(connection_.TableNames("FROM a UNION ALL (FROM b EXCEPT FROM c)"),
            (Texts{"a", "b", "c"}));
  EXPECT_EQ(connection_.TableNames("FROM t, t; FROM u"), (Texts{"t", "u"}));
  EXPECT_EQ(connection_.TableNames("SELECT 1"), Texts{});
  EXPECT_EQ(connection_.TableNames("FROM range(3), read_csv('nonesuch.csv')"), Texts{});
  EXPECT_EQ(connection_.TableNames("SUMMARIZE s.t"), Texts{"s.t"});
}

TEST_F(ConnectionTest, NamesOfTablesStayAsWrittenAndAreQuotedWhereTheyMustBe) {
  EXPECT_EQ(connection_.TableNames("FROM 'path/to/t'"), Texts{"\"path/to/t\""});
  EXPECT_EQ(connection_.TableNames("FROM \"My.S\".\"x\"\"y\""), Texts{"\"My.S\".\"x\"\"y\""});
  EXPECT_EQ(connection_.TableNames("FROM \"select\".T"), Texts{"select.T"});
}

TEST_F(ConnectionTest, NamesThatAWithDefinesAreNoTables) {
  EXPECT_EQ(connection_.TableNames("WITH a AS (FROM t), b AS (FROM a) FROM B JOIN a USING (k)"),
            Texts{"t"});
  EXPECT_EQ(connection_.TableNames("WITH RECURSIVE r AS (SELECT 1 UNION ALL FROM r) FROM r"),
            Texts{});
  EXPECT_EQ(connection_.TableNames("WITH t AS (FROM t) FROM t"), Texts{"t"});
  EXPECT_EQ(connection_.TableNames("WITH t AS (SELECT 1) FROM s.t"), Texts{"s.t"});
  EXPECT_EQ(connection_.TableNames("SELECT * FROM (WITH w AS (FROM t) FROM w), w"),
            (Texts{"t", "w"}));
  EXPECT_EQ(connection_.TableNames(
                "WITH w AS (SELECT 1) SELECT (SELECT count(*) FROM w) UNION FROM w UNION FROM x"),
            Texts{"x"});
}

TEST_F(ConnectionTest, FindsTheTablesThatOtherStatementsRead) {
  EXPECT_EQ(connection_.TableNames("COPY (FROM s.t JOIN u USING (k)) TO 'x.csv'"),
            (Texts{"s.t", "u"}));
  EXPECT_EQ(connection_.TableNames("CREATE TABLE x AS SELECT a FROM s.t"), Texts{"s.t"});
  EXPECT_EQ(connection_.TableNames("INSERT INTO nonesuch FROM t"), Texts{"t"});
  EXPECT_EQ(connection_.TableNames("EXPLAIN SELECT * FROM t"), Texts{"t"});
  EXPECT_EQ(connection_.TableNames("SET threads = 2; COPY s.t TO 'x.csv'; FROM u"),
            (Texts{"s.t", "u"}));
  EXPECT_EQ(connection_.TableNames("SET threads = 2"), Texts{});
}

TEST_F(ConnectionTest, TheTablesOfWrongSqlAreAnError) {
  EXPECT_THROW(connection_.TableNames("SELECT ("), UserError);
  EXPECT_THROW(connection_.TableNames("FROM t; SELECT ("), UserError);
}

}  // namespace
}  // namespace weir::sql
