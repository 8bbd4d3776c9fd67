#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/hashing.h"
#include "learn/model_selection.h"
#include "operators/learn/learning_input.h"

namespace weir::operators {

// Names runs by what they learn from: 32 hex digits of the XXH128 of the name, the segment, the
// settings, the vocabulary with its counts, and of the segment the people there are, the masks, and
// the rows: person, label, fold, tokens with days. Nothing of it depends on the order of rows, and
// equal ids stand for equal models.
class RunIdentity {
 public:
  // `histories` and `vocabulary` must outlive it. One pass over the histories.
  RunIdentity(const LearningHistories& histories, const learn::Vocabulary& vocabulary,
              nlohmann::json settings);

  // `positives` and `eligible`: people there are, drawn or not. Thread-safe.
  std::string Of(std::int64_t segment, const learn::TrainingSet& rows, std::int64_t positives,
                 std::int64_t eligible) const;

 private:
  Hash128 RowsOf(const learn::TrainingSet& rows) const;
  Hash128 MasksOf(const learn::TrainingSet& rows) const;

  const learn::Vocabulary& vocabulary_;
  nlohmann::json settings_;
  std::vector<Hash128> tokens_;  // by token
  std::vector<Hash128> people_;  // by person: who it is and what they did
  Hash128 terms_;                // of the vocabulary, with counts
};

}  // namespace weir::operators
