#include "learn/features.h"

#include <algorithm>

namespace weir::learn {
namespace {

// Value of each entry: 1, or by its days.
struct One {
  double operator()(std::uint16_t) const { return 1; }
};
struct ByDays {
  const double* values;
  double operator()(std::uint16_t days) const { return values[days]; }
};

template <typename ValueOf>
double RowTimes(std::span<const std::uint32_t> columns, std::span<const std::uint16_t> days,
                const double* u, ValueOf value) {
  double even = 0;
  double odd = 0;
  std::size_t entry = 0;
  for (; entry + 1 < columns.size(); entry += 2) {
    even += value(days[entry]) * u[columns[entry]];
    odd += value(days[entry + 1]) * u[columns[entry + 1]];
  }
  if (entry < columns.size()) {
    even += value(days[entry]) * u[columns[entry]];
  }
  return even + odd;
}

// Calls `work(row, columns, days, value)` for each row, with the value function made for the
// transform.
template <typename Work>
void ForEachRow(const DesignMatrix& matrix, std::span<const RowRange> rows,
                const std::vector<double>& values, const Work& work) {
  const auto walk = [&](const auto value) {
    for (const RowRange& range : rows) {
      for (std::size_t row = range.begin; row < range.end; ++row) {
        work(row, matrix.RowColumns(row), matrix.RowDays(row), value);
      }
    }
  };
  if (values.empty()) {
    walk(One{});
  } else {
    walk(ByDays{values.data()});
  }
}

}  // namespace

Features::Features(const DesignMatrix& matrix, std::span<const double> idf, Transform transform)
    : matrix_(&matrix), column_scales_(matrix.num_columns(), 1.0) {
  if (transform == Transform::kBinary) {
    return;
  }
  for (std::size_t days = 0; days <= matrix.max_days(); ++days) {
    values_.push_back(std::log(1.0 + static_cast<double>(days)));
  }
  for (std::size_t column = 0; column < matrix.num_columns(); ++column) {
    column_scales_[column] = idf[matrix.terms()[column]];
  }
  row_scales_.assign(matrix.num_rows(), 1.0);
  ForEachRow(matrix, matrix.AllRows(), values_,
             [&](std::size_t row, auto columns, auto days, auto value) {
               double squares = 0;
               for (std::size_t entry = 0; entry < columns.size(); ++entry) {
                 const double x = value(days[entry]) * column_scales_[columns[entry]];
                 squares += x * x;
               }
               if (squares > 0) {
                 row_scales_[row] = 1 / std::sqrt(squares);
               }
             });
}

void Features::Scores(std::span<const RowRange> rows, std::span<const double> u, double intercept,
                      std::span<double> scores) const {
  ForEachRow(*matrix_, rows, values_, [&](std::size_t row, auto columns, auto days, auto value) {
    scores[row] = intercept + row_scale(row) * RowTimes(columns, days, u.data(), value);
  });
}

void Features::ColumnMoments(std::span<const RowRange> rows, std::span<const double> factors,
                             std::span<const double> square_factors,
                             std::span<Moments> moments) const {
  std::ranges::fill(moments, Moments{});
  ForEachRow(*matrix_, rows, values_, [&](std::size_t row, auto columns, auto days, auto value) {
    const double scale = row_scale(row);
    const double factor = factors[row] * scale;
    const double square_factor = square_factors[row] * scale * scale;
    for (std::size_t entry = 0; entry < columns.size(); ++entry) {
      const double x = value(days[entry]);
      Moments& column = moments[columns[entry]];
      column.first += factor * x;
      column.second += square_factor * x * x;
    }
  });
}

double Features::CurvatureTimes(std::span<const RowRange> rows, std::span<const double> curvatures,
                                std::span<const double> u, double intercept,
                                std::span<double> product) const {
  std::ranges::fill(product, 0.0);
  double intercept_product = 0;
  ForEachRow(*matrix_, rows, values_, [&](std::size_t row, auto columns, auto days, auto value) {
    const double scale = row_scale(row);
    const double along = intercept + scale * RowTimes(columns, days, u.data(), value);
    const double weighted = curvatures[row] * along;
    intercept_product += weighted;
    const double factor = weighted * scale;
    for (std::size_t entry = 0; entry < columns.size(); ++entry) {
      product[columns[entry]] += factor * value(days[entry]);
    }
  });
  return intercept_product;
}

}  // namespace weir::learn
