#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "learn/features.h"
#include "learn/token_histories.h"
#include "learn/vocabulary.h"

namespace weir::learn {

// A model that people are scored by.
struct ScoredModel {
  Transform transform = Transform::kBinary;
  double intercept = 0;
  std::vector<std::uint32_t> terms;     // of the vocabulary, with a weight
  std::vector<double> weights;          // beside terms
  std::vector<std::uint32_t> masked;    // terms that don't exist for this model
  std::vector<std::uint32_t> excluded;  // people who are not wanted, ascending
  std::size_t wanted = 0;               // how many are kept at most
};

struct ScoredPerson {
  std::uint32_t person = 0;
  double score = 0;  // log odds

  friend bool operator==(const ScoredPerson&, const ScoredPerson&) = default;
};

struct ScoringOptions {
  int threads = 1;
  std::size_t people_of_block = 0;  // scored at a time by a thread; 0: as 8 MiB of scores allow
  std::stop_token stop{};  // looked at between blocks of people; CancelledError once requested
};

// For each model the people with the highest scores, best first; of equal scores the lower number
// first. The same for any number of threads: each score is one person's sum in the order of their
// tokens. Work: tokens × models with a weight for them; memory: 12 bytes a kept person twice, and
// 8 MiB a thread or so.
std::vector<std::vector<ScoredPerson>> BestPeople(const TokenHistories& histories,
                                                  const Vocabulary& vocabulary,
                                                  std::span<const ScoredModel> models,
                                                  const ScoringOptions& options);

}  // namespace weir::learn
