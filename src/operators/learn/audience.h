#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "learn/token_histories.h"
#include "operators/learn/learning_input.h"

namespace weir::operators {

// Some of the people: their numbers among all, and what they did.
struct Audience {
  std::vector<std::uint32_t> people;
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> tokens;
  std::vector<std::uint16_t> days;

  learn::TokenHistories View(std::uint32_t num_tokens) const {
    return {.offsets = offsets, .tokens = tokens, .days = days, .num_tokens = num_tokens};
  }

  // Fills in what `people` did.
  void TakeHistories(const LearningHistories& histories) {
    for (const std::uint32_t person : people) {
      const auto begin = static_cast<std::ptrdiff_t>(histories.offsets[person]);
      const auto end = static_cast<std::ptrdiff_t>(histories.offsets[person + 1]);
      tokens.insert(tokens.end(), histories.token_numbers.begin() + begin,
                    histories.token_numbers.begin() + end);
      days.insert(days.end(), histories.days.begin() + begin, histories.days.begin() + end);
      offsets.push_back(tokens.size());
    }
  }
};

}  // namespace weir::operators
