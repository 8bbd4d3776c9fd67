#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "learn/design_matrix.h"

namespace weir::learn {

// Multinomial naive Bayes over tokens, each counted once a person, with one added to each count
// (Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, §13.2): a linear
// score, log odds of the positive class.
struct NaiveBayes {
  std::vector<double> weights;  // by column
  double intercept = 0;
};

// From the rows given, of both classes; `labels` by row of the matrix. One pass.
NaiveBayes TrainNaiveBayes(const DesignMatrix& matrix, std::span<const RowRange> rows,
                           std::span<const std::uint8_t> labels);

}  // namespace weir::learn
