#include "learn/vocabulary.h"

#include <cmath>

namespace weir::learn {

Vocabulary ChooseVocabulary(const TokenHistories& histories, const VocabularyLimits& limits) {
  std::vector<std::uint64_t> people(histories.num_tokens);
  for (const std::uint32_t token : histories.tokens) {
    ++people[token];
  }

  const auto everybody = static_cast<double>(histories.num_people());
  Vocabulary vocabulary;
  vocabulary.term_of.assign(histories.num_tokens, Vocabulary::kNotIn);
  for (std::uint32_t token = 0; token < histories.num_tokens; ++token) {
    const auto having = static_cast<double>(people[token]);
    if (people[token] < limits.min_people || people[token] == 0) {
      continue;
    }
    if (having > limits.max_share * everybody) {
      continue;
    }
    vocabulary.term_of[token] = static_cast<std::uint32_t>(vocabulary.tokens.size());
    vocabulary.tokens.push_back(token);
    vocabulary.people.push_back(people[token]);
    vocabulary.idf.push_back(std::log((1 + everybody) / (1 + having)) + 1);
  }
  return vocabulary;
}

}  // namespace weir::learn
