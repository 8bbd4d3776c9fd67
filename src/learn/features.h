#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "learn/design_matrix.h"

namespace weir::learn {

enum class Transform {
  kBinary,  // 1 for each token
  kLogIdf,  // ln(1 + days) · idf, each row of length 1
};

// A matrix under a transform. Entry (i, j) is row_scale(i) · Value(days) · column_scale(j).
// Learning works with the columns not yet scaled: u[j] = column_scale(j) · weight[j], so that a
// pass over the entries has nothing of the column to look up but u. Thread-safe; passes are
// sequential sums in row order, so the same on every run.
class Features {
 public:
  // `matrix` must outlive the features; `idf` is by term of its vocabulary.
  Features(const DesignMatrix& matrix, std::span<const double> idf, Transform transform);

  const DesignMatrix& matrix() const { return *matrix_; }
  double row_scale(std::size_t row) const { return row_scales_.empty() ? 1 : row_scales_[row]; }
  std::span<const double> column_scales() const { return column_scales_; }
  double Value(std::uint16_t days) const { return values_.empty() ? 1 : values_[days]; }
  bool is_binary() const { return values_.empty(); }

  // scores[i] = intercept + row i · u, for the rows given; others stay as they are.
  void Scores(std::span<const RowRange> rows, std::span<const double> u, double intercept,
              std::span<double> scores) const;

  // Sums of one column.
  struct Moments {
    double first = 0;
    double second = 0;
  };
  // moments[j] = (Σ factors[i] · x[i][j], Σ square_factors[i] · x[i][j]²), over the rows given.
  void ColumnMoments(std::span<const RowRange> rows, std::span<const double> factors,
                     std::span<const double> square_factors, std::span<Moments> moments) const;

  // product = Xᵀ · diag(curvatures) · (X·u + intercept), over the rows given, in one pass over the
  // entries. Returns the intercept's part, Σ curvatures[i] · (row i · u + intercept).
  double CurvatureTimes(std::span<const RowRange> rows, std::span<const double> curvatures,
                        std::span<const double> u, double intercept,
                        std::span<double> product) const;

 private:
  const DesignMatrix* matrix_;
  std::vector<double> row_scales_;     // none: all 1
  std::vector<double> column_scales_;  // by column
  std::vector<double> values_;         // by days; none: all 1
};

}  // namespace weir::learn
