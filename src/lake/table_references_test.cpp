#include "lake/table_references.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "lake/sql_tokens.h"

namespace weir::lake {
namespace {

std::string Words(std::string_view sql) {
  std::string words;
  for (const SqlToken& token : SqlTokens(sql)) {
    words += (words.empty() ? "" : "|") + std::string(token.text);
  }
  return words;
}

std::string Written(std::string_view sql) {
  const auto table = WrittenTable(sql);
  return table ? table->schema + "." + table->name : "";
}

TEST(SqlTokens, SkipsCommentsAndKeepsQuotedTextsWhole) {
  EXPECT_EQ(Words("SELECT 'it''s -- not', \"a\"\"b\" -- gone\n /* x /* y */ z */ FROM t"),
            "SELECT|'it''s -- not'|,|\"a\"\"b\"|FROM|t");
  EXPECT_EQ(Words("e'a\\'b' $$x 'y$$ $q$ $$ $q$ $1 $name"),
            "e'a\\'b'|$$x 'y$$|$q$ $$ $q$|$|1|$|name");
}

TEST(SqlTokens, ReachToTheEndOfATextThatDoesNotEnd) {
  EXPECT_EQ(Words("a 'b c"), "a|'b c");
  EXPECT_EQ(Words("a /* b"), "a");
  EXPECT_EQ(Words("$x$ a"), "$x$ a");
  EXPECT_EQ(Words("e'\\"), "e'\\");
}

TEST(SqlTokens, ReadVersionsOnlyRightBehindNames) {
  EXPECT_EQ(Words("t@v12 t@2026-01-01T10:00:00.5Z) t@'x y' @v1 t @v1 t@2026-01-01--c"),
            "t|@v12|t|@2026-01-01T10:00:00.5Z|)|t|@'x y'|@|v1|t|@|v1|t|@2026-01-01");
}

TEST(QuoteVersions, MakesANameOfATableAndItsVersion) {
  EXPECT_EQ(QuoteVersions("SELECT t.a FROM s.t@v12 WHERE t.a = 1"),
            "SELECT t.a FROM s.\"t@v12\" AS \"t\" WHERE t.a = 1");
  EXPECT_EQ(
      QuoteVersions("FROM s.t@2026-01-01 AS old JOIN \"s\".\"t\"@'2026-01-01 10:00' new ON TRUE"),
      "FROM s.\"t@2026-01-01\" AS old JOIN \"s\".\"t@2026-01-01 10:00\" new ON TRUE");
  EXPECT_EQ(QuoteVersions("FROM s.a@v1, s.b@v2"), "FROM s.\"a@v1\" AS \"a\", s.\"b@v2\" AS \"b\"");
  EXPECT_EQ(QuoteVersions("DESCRIBE s.t@v1"), "DESCRIBE s.\"t@v1\"");
}

TEST(QuoteVersions, LeavesTextsCommentsAndOtherNamesAsTheyAre) {
  for (const std::string sql :
       {"SELECT 's.t@v1', \"s.t@v1\" -- s.t@v1\n/* s.t@v1 */ FROM s.t", "SELECT $$ s.t@v1 $$",
        "SELECT @v1, s.t @v1, abs(@x)", "FROM 'path@v3'", "FROM t@v1", "SELECT 'a@b.c@v1'"}) {
    EXPECT_EQ(QuoteVersions(sql), sql);
  }
}

TEST(VersionedName, TakesTheVersionOff) {
  EXPECT_EQ(ParseVersionedName("s.t@v12").choice.version, 12);
  EXPECT_EQ(ParseVersionedName("s.t@v12").name, "s.t");
  EXPECT_EQ(ParseVersionedName("/a@b/t@2026-01-01").name, "/a@b/t");
  EXPECT_EQ(ParseVersionedName("t@1970-01-02T00:00").choice.as_of, 86'400'000'000);
  EXPECT_TRUE(ParseVersionedName("someone@example").is_latest());
  EXPECT_TRUE(ParseVersionedName("t@vx").is_latest());
  EXPECT_THROW(ParseVersionedName("t@2026-13-01"), UserError);
  EXPECT_THROW(ParseVersionedName("t@v99999999999999999999"), UserError);
}

TEST(TableNames, AreReadWithTheirQuotes) {
  EXPECT_EQ(ParseTableName("s.t"), (TableReference{"s", "t"}));
  EXPECT_EQ(ParseTableName("\"my s\".\"t@v1\""), (TableReference{"my s", "t@v1"}));
  EXPECT_EQ(ParseTableName("\"path/to.table\""), (TableReference{"", "path/to.table"}));
  EXPECT_EQ(ParseTableName("c.s.t"), std::nullopt);
}

TEST(WrittenTable, IsTheOneThatAStatementChanges) {
  EXPECT_EQ(Written("INSERT INTO s.t SELECT 1"), "s.t");
  EXPECT_EQ(Written("with x as (select 1) insert or replace into s.t from x"), "s.t");
  EXPECT_EQ(Written("UPDATE s.t SET a = 1"), "s.t");
  EXPECT_EQ(Written("DELETE FROM s.t"), "s.t");
  EXPECT_EQ(Written("MERGE INTO s.t USING u ON TRUE"), "s.t");
  EXPECT_EQ(Written("CREATE OR REPLACE TABLE IF NOT EXISTS s.t AS SELECT 1"), "s.t");
  EXPECT_EQ(Written("CREATE TEMP TABLE t AS FROM s.u"), ".t");
  EXPECT_EQ(Written("DROP TABLE IF EXISTS \"s\".t"), "s.t");
  EXPECT_EQ(Written("ALTER TABLE s.t ADD COLUMN a INT"), "s.t");
  EXPECT_EQ(Written("TRUNCATE s.t"), "s.t");
  EXPECT_EQ(Written("COPY s.t FROM 'a.csv'"), "s.t");
  EXPECT_EQ(Written("COPY s.t (a, b) FROM 'a.csv'"), "s.t");
}

TEST(WrittenTable, IsNoneOfStatementsThatRead) {
  for (const std::string_view sql :
       {"SELECT 'INSERT INTO s.t'", "FROM s.t", "COPY s.t TO 'a.csv'",
        "COPY (SELECT a FROM s.t) TO 'a.csv'", "CREATE SCHEMA s", "CREATE MACRO s.m() AS 1",
        "DESCRIBE s.t", "", "-- INSERT INTO s.t"}) {
    EXPECT_EQ(Written(sql), "") << sql;
  }
}

TEST(InnerSelect, IsWhatAStatementReadsBy) {
  EXPECT_EQ(InnerSelect("COPY (SELECT ')' FROM t) TO 'x'"), "SELECT ')' FROM t");
  EXPECT_EQ(InnerSelect("CREATE TEMP TABLE x AS WITH a AS (SELECT 1) FROM a"),
            "WITH a AS (SELECT 1) FROM a");
  EXPECT_EQ(InnerSelect("EXPLAIN ANALYZE SELECT 1"), "SELECT 1");
  EXPECT_EQ(InnerSelect("SELECT 1"), "SELECT 1");
}

TEST(IsBlank, OfStatementsWithoutAWord) {
  EXPECT_TRUE(IsBlank(" ; -- x\n/* y */"));
  EXPECT_FALSE(IsBlank("SELECT 1"));
}

// Random pieces of SQL, cut anywhere: tokens lie in order within the text, and rewriting changes
// nothing but versions.
TEST(Fuzz, AnyTextIsTakenApartAndPutTogether) {
  const std::vector<std::string> pieces = {
      "SELECT ", "FROM ", "s.t", "@v1",   "@2026-01-01", "'",        "''",   "\"",
      "--",      "\n",    "/*",  "*/",    "$$",          "$a$",      ";",    "(",
      ")",       ".",     ",",   "e'",    "\\",          "\xc3\xa9", "\xff", std::string(1, '\0'),
      "1e5",     " ",     "@",   "COPY ", "INSERT INTO "};
  const std::uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string sql;
    for (auto count = random() % 12; count > 0; --count) {
      sql += pieces[random() % pieces.size()];
    }
    std::size_t end = 0;
    bool versioned = false;
    for (const SqlToken& token : SqlTokens(sql)) {
      ASSERT_GE(token.begin, end);
      ASSERT_FALSE(token.text.empty());
      end = token.end();
      ASSERT_LE(end, sql.size());
      versioned = versioned || token.kind == SqlToken::Kind::kVersion;
    }
    if (!versioned) {
      ASSERT_EQ(QuoteVersions(sql), sql);
    }
    WrittenTable(sql);
    InnerSelect(sql);
    PossibleTables(sql);
  }
}

// As DuckDB quotes the line of a mistake at `place`.
std::string MessageAt(std::string_view sql, std::size_t place) {
  const auto before = sql.substr(0, place);
  const std::size_t begin = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  const auto line = sql.substr(begin, sql.find('\n', begin) - begin);
  const std::string head = fmt::format("LINE {}: ", 1 + std::ranges::count(before, '\n'));
  return fmt::format("Binder Error: no\n\n{}{}\n{}^", head, line,
                     std::string(head.size() + place - begin, ' '));
}

TEST(Fuzz, TheLineOfAMistakeIsQuotedAsItWasWritten) {
  const std::vector<std::string> pieces = {"SELECT ", "FROM ", "s.t@v1", "s.t@2026-01-01 x",
                                           ", ",      "\n",    " ",      "JOIN s.\"u\"@v3"};
  std::mt19937_64 random(TestSeed());
  const auto some = [&] {
    std::string sql;
    for (auto count = random() % 6; count > 0; --count) {
      sql += pieces[random() % pieces.size()] + " ";
    }
    return sql;
  };
  int shifted = 0;
  for (int round = 0; round < 5'000; ++round) {
    const std::string sql = some() + "zzz " + some();
    const std::string rewritten = QuoteVersions(sql);
    const std::string message = MessageAt(rewritten, rewritten.find("zzz"));

    const std::string told = QuoteLineAsWritten(message, sql);

    ASSERT_EQ(told, MessageAt(sql, sql.find("zzz"))) << sql;
    shifted += told != message ? 1 : 0;
  }
  EXPECT_GT(shifted, 1'000);
}

TEST(QuoteLineAsWritten, LeavesWhatItCannotPlace) {
  const std::string sql = "SELECT zzz FROM s.t@v1";
  for (const char* message :
       {"Binder Error: no", "no\n\nLINE 1: ...LECT zzz FROM s...\n                ^",
        "no\n\nLINE x: a\n   ^", "no\n\nLINE 1: a", "no\n\nLINE 1: a\n  b", "no\n\nLINE 1: a\n^",
        "no\n\nLINE 7: SELECT zzz\n        ^", ""}) {
    EXPECT_EQ(QuoteLineAsWritten(message, sql), message);
  }
}

}  // namespace
}  // namespace weir::lake
