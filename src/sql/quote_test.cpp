#include "sql/quote.h"

#include <vector>

#include <gtest/gtest.h>

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
