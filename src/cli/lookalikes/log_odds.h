#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onnx/scoring_graph.h"

namespace weir::cli {

// A token of a person, and on how many distinct days it was seen.
struct SeenToken {
  std::string token;
  std::int64_t days = 0;
};

struct TokenShare {
  std::string token;
  std::int64_t days = 0;
  double weight = 0;  // the model's
  double value = 0;   // of the token in the row: 1, or of a row of length 1
  double share = 0;   // value · weight, in log odds
};

// Where a score comes from: `total`, its log odds, is the intercept and the sum of the shares.
struct LogOdds {
  double intercept = 0;
  double total = 0;
  std::vector<TokenShare> shares;  // of tokens with a weight, the strongest first, then by token

  // The probability.
  double Score() const;
};

// Takes the score of a row of `tokens`, each once, apart.
LogOdds TakeApart(const onnx::ScoringModel& model, const std::vector<SeenToken>& tokens);

}  // namespace weir::cli
