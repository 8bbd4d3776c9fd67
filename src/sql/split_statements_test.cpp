#include "sql/split_statements.h"

#include <string>

#include <gtest/gtest.h>

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

TEST(FindQuery, FindsTheSelectInsideAnotherStatement) {
  EXPECT_EQ(FindQuery("CREATE TABLE \"from\" AS select (1) FROM t"), "select (1) FROM t");
  EXPECT_EQ(FindQuery("COPY (FROM t WHERE (a)) TO 'x' (FORMAT csv)"), "FROM t WHERE (a)");
  EXPECT_EQ(FindQuery("INSERT INTO t (a) WITH x AS (SELECT 1) FROM x"),
            "WITH x AS (SELECT 1) FROM x");
  EXPECT_EQ(FindQuery("COPY t TO 'select'"), "");
}

}  // namespace
}  // namespace weir::sql
