#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "learn/logistic_loss.h"
#include "learn/logistic_problem.h"

namespace weir::learn {

// What the model takes as a row's curvature.
enum class Curvature {
  kLocal,  // the loss's second derivative: exact near by
  // (p − ½) / score: the loss lies below such a parabola everywhere, so that its minimum lowers the
  // loss even where rows are so far out that they have no curvature left (Jaakkola and Jordan,
  // "Bayesian parameter estimation via variational methods", 2000).
  kBound,
};

// The loss's second-order model around a state, with the penalty, over the columns of a working
// set; minimised by coordinate descent. Moves are kept apart from the model that they start from.
class QuadraticModel {
 public:
  // All must outlive the model; `columns` ascending.
  QuadraticModel(const LogisticProblem& problem, std::span<const RowRange> rows,
                 std::span<const std::uint32_t> columns);

  // Takes the loss's derivatives at `state` and forgets all moves. Returns by how much the
  // optimum's conditions are broken: the sum over the columns, in the weights' scale.
  double Start(const LossState& state, std::span<const double> u, Curvature curvature);

  // Cycles over the columns until a cycle's moves are a small share of the first one's.
  void Minimise();

  // By column of the set.
  std::span<const double> moves() const { return moves_; }
  double intercept_move() const { return intercept_move_; }
  // Scores that the moves add, by row of the matrix.
  void ScoresAlong(std::span<double> along) const;

  // Passes over all entries of the matrix since construction, in parts of them.
  double passes() const;

 private:
  // By row, what only Start() needs and what every cycle does.
  struct RowSlope {
    double slope = 0;     // of the loss by the score, times the row's scale
    double weighted = 0;  // curvature times the row's scale
  };
  struct Row {
    double curvature = 0;  // times the square of the row's scale
    double moved = 0;      // the moves' score over the row's scale, without the intercept
  };
  struct Column {
    double slope = 0;      // of the loss by u
    double curvature = 0;  // of the loss by u
    double cross = 0;      // mixed derivative with the intercept
    double start = 0;      // u
    double l1 = 0;         // penalty in u's scale
    double l2 = 0;
    double scale = 1;
  };

  template <typename Work>
  void ForEachEntry(std::uint32_t column, const Work& work) const;
  void TakeRow(std::size_t row, const LossState& state, Curvature curvature);
  void TakeColumn(std::size_t index, double u);
  double Cycle();
  double MoveColumn(std::size_t index);
  void MoveIntercept();

  const LogisticProblem& problem_;
  const Features& features_;
  std::span<const RowRange> ranges_;
  std::span<const std::uint32_t> columns_;
  std::vector<RowSlope> slopes_;
  std::vector<Row> rows_;
  std::vector<Column> sums_;
  std::vector<double> moves_;
  double slope_ = 0;      // Σ of the loss by the intercept
  double curvature_ = 0;  // Σ curvatures
  double intercept_move_ = 0;
  double weighted_moves_ = 0;         // Σ curvature · score of the moves, without the intercept
  std::vector<std::uint32_t> order_;  // of a cycle: shuffled anew for each
  std::uint64_t random_state_ = 0;    // fixed seed: the same fit every time
  std::size_t entries_read_ = 0;
};

}  // namespace weir::learn
