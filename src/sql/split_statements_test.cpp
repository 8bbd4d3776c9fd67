#include "sql/split_statements.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_of.h"

namespace weir::sql {
namespace {

using Pieces = std::vector<std::string_view>;

TEST(SplitStatements, CutsBehindSemicolons) {
  EXPECT_EQ(SplitStatements("a; b ;c"), (Pieces{"a;", " b ;", "c"}));
  EXPECT_EQ(SplitStatements("a;"), Pieces{"a;"});
  EXPECT_EQ(SplitStatements(""), Pieces{});
}

TEST(SplitStatements, LeavesSemicolonsInQuotesAndCommentsAlone) {
  for (const std::string text :
       {"'a;''b;'", "\"a;\"\"b;\"", "-- a;\n", "/* a; /* b; */ c; */", "$$ a; $$",
        "$tag$ a; $$ ; $tag$", "E'a\\';b'", "e'\\\\;'", "'open;", "$open$;", "/* open;"}) {
    EXPECT_EQ(SplitStatements(text), Pieces{text}) << text;
  }
}

TEST(SplitStatements, TakesDollarsOfParametersAndNamesForWhatTheyAre) {
  EXPECT_EQ(SplitStatements("$1;$2"), (Pieces{"$1;", "$2"}));
  EXPECT_EQ(SplitStatements("a$b$;c$b$"), (Pieces{"a$b$;", "c$b$"}));
  EXPECT_EQ(SplitStatements("name'x;'"), Pieces{"name'x;'"});
}

TEST(SplitStatements, APlainTextEndsAtABackslashBeforeItsQuote) {
  EXPECT_EQ(SplitStatements("'a\\';b"), (Pieces{"'a\\';", "b"}));
}

TEST(CheckWhole, TakesTextThatIsReadToItsEnd) {
  for (const std::string_view text : {"", "SELECT 1; -- /* open", "/* a /* b */ c */ SELECT 1 /**/",
                                      "SELECT '/*', \"/*\", $$/*$$"}) {
    EXPECT_EQ(ErrorOf([&] { CheckWhole(text); }), "") << text;
  }
}

TEST(CheckWhole, NamesTheLineOfAnOpenCommentAndOfANulByte) {
  EXPECT_EQ(ErrorOf([] { CheckWhole("SELECT 1;\n\n/* a /* b */ SELECT 2"); }),
            "the comment that begins with /* in line 3 of the SQL text has no */");
  EXPECT_THAT(ErrorOf([] { CheckWhole("SELECT 1;/*"); }), testing::HasSubstr("in line 1"));
  EXPECT_THAT(ErrorOf([] { CheckWhole(std::string("SELECT 1\n, \0 2", 13)); }),
              testing::HasSubstr("line 2 of the SQL text has a NUL byte (byte 12"));
}

TEST(FindQuery, FindsTheSelectInsideAnotherStatement) {
  EXPECT_EQ(FindQuery("CREATE TABLE \"from\" AS select (1) FROM t"), "select (1) FROM t");
  EXPECT_EQ(FindQuery("COPY (FROM t WHERE (a)) TO 'x' (FORMAT csv)"), "FROM t WHERE (a)");
  EXPECT_EQ(FindQuery("INSERT INTO t (a) WITH x AS (SELECT 1) FROM x"),
            "WITH x AS (SELECT 1) FROM x");
  EXPECT_EQ(FindQuery("COPY t TO 'select'"), "");
}

}  // namespace
}  // namespace weir::sql
