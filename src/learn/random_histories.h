#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "learn/design_matrix.h"
#include "learn/features.h"
#include "learn/token_histories.h"
#include "learn/vocabulary.h"

// For tests alone.
namespace weir::learn {

// Histories that own what they hold.
struct OwnedHistories {
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> tokens;
  std::vector<std::uint16_t> days;
  std::uint32_t num_tokens = 0;

  TokenHistories View() const {
    return {.offsets = offsets, .tokens = tokens, .days = days, .num_tokens = num_tokens};
  }
};

// People with tokens of which the first are the most frequent; some have none.
inline OwnedHistories RandomHistories(std::mt19937_64& random, std::size_t people,
                                      std::uint32_t num_tokens) {
  OwnedHistories histories;
  histories.num_tokens = num_tokens;
  for (std::size_t person = 0; person < people; ++person) {
    for (std::uint32_t token = 0; token < num_tokens; ++token) {
      if (random() % (3 + token) > 1) {
        continue;
      }
      histories.tokens.push_back(token);
      histories.days.push_back(static_cast<std::uint16_t>(1 + random() % 9));
    }
    histories.offsets.push_back(histories.tokens.size());
  }
  return histories;
}

// The rows of `people` as a dense table over the vocabulary's terms, made from the definition.
inline std::vector<std::vector<double>> DenseRows(const OwnedHistories& histories,
                                                  const Vocabulary& vocabulary,
                                                  const std::vector<std::uint32_t>& people,
                                                  const std::vector<bool>& is_masked,
                                                  Transform transform) {
  std::vector<std::vector<double>> rows;
  for (const std::uint32_t person : people) {
    std::vector<double> row(vocabulary.tokens.size());
    double squares = 0;
    for (std::size_t at = histories.offsets[person]; at < histories.offsets[person + 1]; ++at) {
      for (std::size_t term = 0; term < row.size(); ++term) {
        if (vocabulary.tokens[term] != histories.tokens[at]) {
          continue;
        }
        if (!is_masked.empty() && is_masked[term]) {
          continue;
        }
        row[term] = transform == Transform::kBinary
                        ? 1
                        : std::log(1.0 + histories.days[at]) * vocabulary.idf[term];
        squares += row[term] * row[term];
      }
    }
    if (transform == Transform::kLogIdf && squares > 0) {
      for (double& value : row) {
        value /= std::sqrt(squares);
      }
    }
    rows.push_back(row);
  }
  return rows;
}

// People 0 … people − 1, dealt to folds.
inline std::vector<std::vector<std::uint32_t>> RandomFolds(std::mt19937_64& random,
                                                           std::uint32_t people,
                                                           std::size_t folds) {
  std::vector<std::vector<std::uint32_t>> dealt(folds);
  for (std::uint32_t person = 0; person < people; ++person) {
    dealt[random() % folds].push_back(person);
  }
  return dealt;
}

}  // namespace weir::learn
