#include "learn/naive_bayes.h"

#include <array>
#include <cmath>

namespace weir::learn {

NaiveBayes TrainNaiveBayes(const DesignMatrix& matrix, std::span<const RowRange> rows,
                           std::span<const std::uint8_t> labels) {
  std::array<std::vector<double>, 2> counts;  // by class and column, one added
  counts.fill(std::vector<double>(matrix.num_columns(), 1.0));
  std::array<double, 2> people{};
  std::array<double, 2> totals{};
  totals.fill(static_cast<double>(matrix.num_columns()));
  for (const RowRange& range : rows) {
    for (std::size_t row = range.begin; row < range.end; ++row) {
      const std::size_t label = labels[row] != 0 ? 1 : 0;
      ++people[label];
      for (const std::uint32_t column : matrix.RowColumns(row)) {
        ++counts[label][column];
      }
      totals[label] += static_cast<double>(matrix.RowColumns(row).size());
    }
  }
  NaiveBayes model{.weights = std::vector<double>(matrix.num_columns()),
                   .intercept = std::log(people[1] / people[0])};
  const double offset = std::log(totals[0] / totals[1]);
  for (std::size_t column = 0; column < model.weights.size(); ++column) {
    model.weights[column] = std::log(counts[1][column] / counts[0][column]) + offset;
  }
  return model;
}

}  // namespace weir::learn
