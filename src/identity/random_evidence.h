#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "identity/identity_model.h"

// For tests: few ids, so that everything happens that the rules have words for.
namespace weir::identity::model {

inline Id RandomId(std::mt19937_64& random, std::uint64_t num_ids) {
  static const std::array<std::string, 3> kParties = {"st", "af", "an"};
  // Ids of one text in two parties are two ids; some are 36 characters long.
  const std::uint64_t number = random() % num_ids;
  const std::string& party = kParties.at(number % kParties.size());
  return {party, number % 5 == 0 ? std::string(35, 'x') + std::to_string(number / 3 % 10)
                                 : std::to_string(number / 3)};
}

inline Seen RandomSeen(std::mt19937_64& random, std::int32_t day) {
  const Micros first = day * kDay + static_cast<Micros>(random() % 3) * kHour;
  return {.calls = static_cast<std::int64_t>(random() % 3 + 1),
          .first = first,
          .last = first + static_cast<Micros>(random() % 20) * kHour};
}

// A path, a star, a clique, or random pairs among `num_ids` ids, some of them loops.
inline std::vector<Pair> RandomShape(std::mt19937_64& random, std::uint64_t num_ids) {
  std::vector<Id> ids(random() % 8 + 2);
  std::ranges::generate(ids, [&] { return RandomId(random, num_ids); });
  std::vector<Pair> pairs;
  const std::uint64_t shape = random() % 4;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    pairs.push_back(PairOf(ids[i], shape == 1 ? ids[0] : ids[i - 1]));
    for (std::size_t j = 0; shape == 2 && j < i; ++j) {
      pairs.push_back(PairOf(ids[i], ids[j]));
    }
    if (shape == 3) {
      pairs.back() = PairOf(RandomId(random, num_ids), RandomId(random, num_ids));
    }
  }
  return pairs;
}

inline Parameters SmallParameters(std::mt19937_64& random) {
  return {.expiry_days = static_cast<std::int32_t>(random() % 3 + 2),
          .expiry_of = {{"an", static_cast<std::int32_t>(random() % 2 + 1)}},
          .max_neighbours = static_cast<std::uint32_t>(random() % 3 + 2),
          .max_component = static_cast<std::uint32_t>(random() % 6 + 3)};
}

// The rows of evidence in random order and either way round; texts live as long as `evidence`.
inline std::vector<NamedEdge> RowsOf(const Evidence& evidence, IdDictionary& ids,
                                     std::int32_t from_day, std::int32_t to_day,
                                     std::mt19937_64& random) {
  std::vector<NamedEdge> rows;
  for (const auto& [pair, days] : evidence) {
    const IdName a{.party = ids.CodeOf(pair.first.first), .text = pair.first.second};
    const IdName b{.party = ids.CodeOf(pair.second.first), .text = pair.second.second};
    const bool turned = random() % 2 == 0;
    for (const auto& [day, seen] : days) {
      if (day >= from_day && day <= to_day) {
        rows.push_back({.a = turned ? b : a,
                        .b = turned ? a : b,
                        .first_seen = seen.first,
                        .last_seen = seen.last,
                        .calls = seen.calls});
      }
    }
  }
  std::ranges::shuffle(rows, random);
  return rows;
}

}  // namespace weir::identity::model
