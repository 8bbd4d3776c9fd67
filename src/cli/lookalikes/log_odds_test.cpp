#include "cli/lookalikes/log_odds.h"

#include <cmath>

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

std::vector<std::string> Tokens(const LogOdds& odds) {
  std::vector<std::string> tokens;
  for (const TokenShare& share : odds.shares) {
    tokens.push_back(share.token);
  }
  return tokens;
}

TEST(LogOdds, ABinaryModelAddsItsWeightsWhateverTheDays) {
  const onnx::ScoringModel model{
      .tokens = {"d:a", "d:b", "w:c"}, .idf = {}, .weights = {0.5, -2, 1}, .intercept = -1};

  const LogOdds odds = TakeApart(model, {{"w:c", 9}, {"d:b", 1}, {"w:unknown", 3}});

  EXPECT_EQ(Tokens(odds), (std::vector<std::string>{"d:b", "w:c"}));
  EXPECT_EQ(odds.total, -2);
  EXPECT_DOUBLE_EQ(odds.Score(), 1 / (1 + std::exp(2.0)));
}

TEST(LogOdds, TokensWithoutWeightMakeALogIdfRowLonger) {
  const onnx::ScoringModel model{.transform = onnx::Transform::kLogIdf,
                                 .tokens = {"d:a", "d:b"},
                                 .idf = {3 / std::log(2.0), 4 / std::log(4.0)},
                                 .weights = {10, 0},
                                 .intercept = 0.5};

  const LogOdds odds = TakeApart(model, {{"d:a", 1}, {"d:b", 3}});  // values 3 and 4, length 5

  ASSERT_EQ(Tokens(odds), std::vector<std::string>{"d:a"});
  EXPECT_NEAR(odds.shares[0].value, 0.6, 1e-15);
  EXPECT_NEAR(odds.shares[0].share, 6, 1e-14);
  EXPECT_NEAR(odds.total, 6.5, 1e-14);
}

TEST(LogOdds, EqualStrengthIsInTheOrderOfTokens) {
  const onnx::ScoringModel model{.tokens = {"a", "b", "c"}, .idf = {}, .weights = {1, -1, 2}};

  EXPECT_EQ(Tokens(TakeApart(model, {{"b", 1}, {"a", 1}, {"c", 1}})),
            (std::vector<std::string>{"c", "a", "b"}));
}

TEST(LogOdds, WithoutAKnownTokenTheInterceptIsLeft) {
  const onnx::ScoringModel model{.transform = onnx::Transform::kLogIdf,
                                 .tokens = {},
                                 .idf = {},
                                 .weights = {},
                                 .intercept = -3};

  const LogOdds odds = TakeApart(model, {{"d:a", 1}});

  EXPECT_TRUE(odds.shares.empty());
  EXPECT_EQ(odds.total, -3);
}

}  // namespace
}  // namespace weir::cli
