#pragma once

#include <cmath>
#include <vector>

#include "learn/model_selection.h"

namespace weir::operators {

// Of each training row by the winner without its fold, among the sampled.
inline std::vector<double> HeldOutProbabilities(const learn::Selection& selection) {
  std::vector<double> probabilities;
  probabilities.reserve(selection.held_out_scores.size());
  for (const double score : selection.held_out_scores) {
    probabilities.push_back(1 / (1 + std::exp(-score)));
  }
  return probabilities;
}

}  // namespace weir::operators
