#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "learn/token_histories.h"

namespace weir::learn {

struct VocabularyLimits {
  std::uint64_t min_people = 10;
  double max_share = 0.5;  // of all people, itself included
};

// The tokens that models may use, chosen once over all histories.
struct Vocabulary {
  static constexpr std::uint32_t kNotIn = std::numeric_limits<std::uint32_t>::max();

  std::vector<std::uint32_t> tokens;   // kept ones, ascending
  std::vector<std::uint64_t> people;   // beside tokens: how many have it
  std::vector<double> idf;             // beside tokens: ln((1 + all) / (1 + people)) + 1
  std::vector<std::uint32_t> term_of;  // by token: its index in `tokens`, or kNotIn
};

// Tokens of at least `min_people` and at most `max_share` of all people. One pass.
Vocabulary ChooseVocabulary(const TokenHistories& histories, const VocabularyLimits& limits);

}  // namespace weir::learn
