#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::learn {

// What each person did, as tokens by number: person p has tokens[offsets[p]] up to, without,
// tokens[offsets[p + 1]], each token once, on days[…] distinct days (1 … 65,535). A view.
struct TokenHistories {
  std::span<const std::uint64_t> offsets;  // people + 1
  std::span<const std::uint32_t> tokens;   // below num_tokens
  std::span<const std::uint16_t> days;     // beside tokens
  std::uint32_t num_tokens = 0;

  std::size_t num_people() const { return offsets.empty() ? 0 : offsets.size() - 1; }
};

}  // namespace weir::learn
