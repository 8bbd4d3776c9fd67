#include "cli/lookalikes/log_odds.h"

#include <algorithm>
#include <cmath>

namespace weir::cli {
namespace {

// The tokens that the model has, not yet divided by the row's length.
std::vector<TokenShare> KnownTokens(const onnx::ScoringModel& model,
                                    const std::vector<SeenToken>& tokens) {
  std::vector<TokenShare> known;
  for (const SeenToken& seen : tokens) {
    const auto found = std::ranges::lower_bound(model.tokens, seen.token);
    if (found == model.tokens.end() || *found != seen.token) {
      continue;
    }
    const auto place = static_cast<std::size_t>(found - model.tokens.begin());
    const double value = model.transform == onnx::Transform::kBinary
                             ? 1
                             : std::log1p(static_cast<double>(seen.days)) * model.idf[place];
    known.push_back(
        {.token = seen.token, .days = seen.days, .weight = model.weights[place], .value = value});
  }
  return known;
}

double LengthOf(const std::vector<TokenShare>& tokens) {
  double squares = 0;
  for (const TokenShare& token : tokens) {
    squares += token.value * token.value;
  }
  return squares > 0 ? std::sqrt(squares) : 1;
}

bool IsStronger(const TokenShare& left, const TokenShare& right) {
  const double strength = std::abs(left.share);
  const double other = std::abs(right.share);
  return strength != other ? strength > other : left.token < right.token;
}

}  // namespace

double LogOdds::Score() const { return 1 / (1 + std::exp(-total)); }

LogOdds TakeApart(const onnx::ScoringModel& model, const std::vector<SeenToken>& tokens) {
  LogOdds odds{.intercept = model.intercept, .shares = KnownTokens(model, tokens)};
  const bool is_binary = model.transform == onnx::Transform::kBinary;
  const double length = is_binary ? 1 : LengthOf(odds.shares);
  std::erase_if(odds.shares, [](const TokenShare& share) { return share.weight == 0; });
  for (TokenShare& share : odds.shares) {
    share.value /= length;
    share.share = share.value * share.weight;
  }
  std::ranges::sort(odds.shares, IsStronger);
  odds.total = odds.intercept;
  for (const TokenShare& share : odds.shares) {
    odds.total += share.share;
  }
  return odds;
}

}  // namespace weir::cli
