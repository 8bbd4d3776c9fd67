#include "sql/quote.h"

#include <array>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "sql/database.h"

namespace weir::sql {
namespace {

TEST(Quote, NamesStandInDoubleQuotesWithInnerOnesDoubled) {
  EXPECT_EQ(QuoteName("plain"), "\"plain\"");
  EXPECT_EQ(QuoteName("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteName(""), "\"\"");
}

TEST(Quote, TextsStandInSingleQuotesWithInnerOnesDoubled) {
  EXPECT_EQ(QuoteText("it's"), "'it''s'");
  EXPECT_EQ(QuoteText("back\\slash \"x\""), "'back\\slash \"x\"'");
}

// Texts of pieces that mean something to SQL, NUL bytes among them, come back from a query as they
// were, and the same bytes as a parameter brings.
TEST(Quote, AnyTextIsWhatTheDatabaseReadsFromItsQuotedForm) {
  const std::vector<std::string> pieces = {"a",  "'",  "''", "\"", "\\",       std::string(1, '\0'),
                                           "||", "--", "/*", ";",  "\xc3\xa9", "chr(0)",
                                           "\n", "$$"};
  Database database({.memory_bytes = 0, .threads = 1, .spill_folder = {}});
  Connection connection = database.Connect();
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (auto count = random() % 8; count > 0; --count) {
      text += pieces[random() % pieces.size()];
    }
    const std::array<Value, 1> parameters{text};

    const std::string select = "SELECT " + QuoteText(text) + " AS t, [" + QuoteText(text) + "][1]";
    const auto row = connection.Query(select).Rows().at(0);

    ASSERT_EQ(row[0], Value(text)) << select;
    ASSERT_EQ(row[1], Value(text)) << select;
    ASSERT_EQ(connection.QueryInteger(
                  "SELECT octet_length(encode($1)) - octet_length(encode(" + QuoteText(text) + "))",
                  parameters),
              0)
        << select;
  }
}

TEST(Quote, ListsAreSeparatedByCommas) {
  const std::vector<std::string> names{"a", "b\"c", "d'e"};

  EXPECT_EQ(QuoteNames(names), "\"a\", \"b\"\"c\", \"d'e\"");
  EXPECT_EQ(QuoteTexts(names), "['a', 'b\"c', 'd''e']");
  EXPECT_EQ(QuoteTexts({}), "[]");
}

TEST(Quote, WildcardsInPathsAreLetters) {
  const std::vector<std::string> paths{"a/b.csv", "o[1].csv", "*?.csv", "it's.csv"};

  EXPECT_EQ(QuotePaths(paths), "['a/b.csv', 'o[[]1].csv', '[*][?].csv', 'it''s.csv']");
}

TEST(Quote, DottedNamesAreQuotedOnlyWhereTheyMustAndComeApartAgain) {
  const std::vector<std::vector<std::string>> names{
      {"t"}, {"schema", "table"}, {"My.T", "x\"y"}, {"path/to/t"}, {"a", "", "b c"}, {"naïve_1"}};
  const std::vector<std::string> joined{
      "t", "schema.table", "\"My.T\".\"x\"\"y\"", "\"path/to/t\"", "a.\"\".\"b c\"", "naïve_1"};

  for (std::size_t index = 0; index < names.size(); ++index) {
    EXPECT_EQ(JoinName(names[index]), joined[index]);
    EXPECT_EQ(SplitName(joined[index]), names[index]);
  }
}

TEST(Quote, AnUnclosedQuoteGoesOnToTheEnd) {
  EXPECT_EQ(SplitName("a.\"b.c"), (std::vector<std::string>{"a", "b.c"}));
  EXPECT_EQ(SplitName(""), std::vector<std::string>{""});
}

}  // namespace
}  // namespace weir::sql
