#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "learn/features.h"
#include "learn/logistic_problem.h"
#include "learn/token_histories.h"
#include "learn/vocabulary.h"

namespace weir::learn {

enum class PenaltyKind { kL2, kL1 };

// "binary", "log_idf"; "l2", "l1".
std::string_view Name(Transform transform);
std::string_view Name(PenaltyKind penalty);

// One way to train.
struct GridPoint {
  Transform transform = Transform::kBinary;
  PenaltyKind penalty = PenaltyKind::kL2;
  double c = 1;

  friend bool operator==(const GridPoint&, const GridPoint&) = default;
};

// The grid over transforms, penalties and `cs` (ascending), the simplest point first: binary before
// log-idf, L2 before L1, smaller C first.
std::vector<GridPoint> GridOf(std::span<const double> cs);

// What one segment's model is chosen from.
struct TrainingSet {
  // By fold, at least 2: people of the histories, and beside them their labels, 0 or 1.
  std::vector<std::vector<std::uint32_t>> people;
  std::vector<std::vector<std::uint8_t>> labels;
  std::vector<bool> is_masked;  // by term of the vocabulary, or empty: the segment's own domains
  double positive_weight = 1;   // cost of a positive beside a negative's
};

struct SelectionOptions {
  std::vector<double> cs = {0.03, 0.1, 0.3, 1, 3};  // ascending
  // Relative, of every fit's objective: so near that a fold's AUC is right to four digits.
  double tolerance = 1e-8;  // the refit's is a ten-thousandth of it, for the sake of the weights
};

// How a point did. A fold whose rows, held out or not, are of one class has no AUC.
struct GridScore {
  GridPoint point;
  std::vector<std::optional<double>> aucs;  // by fold, held out
  double mean = 0;                          // of those there are
  double deviation = 0;                     // of them, dividing by their number
};

// What the winner gives a fold's people, learnt without them.
struct FoldWeights {
  std::size_t fold = 0;
  std::vector<std::uint32_t> terms;  // of the vocabulary, ascending, with a weight other than 0
  std::vector<double> weights;       // beside terms, before the transform's idf
  double intercept = 0;

  friend bool operator==(const FoldWeights&, const FoldWeights&) = default;
};

// The winner and everything a report needs. Rows are the training set's, fold by fold.
struct Selection {
  std::vector<GridScore> grid;
  std::size_t chosen = 0;  // of the grid
  std::vector<std::uint8_t> labels;
  std::vector<double> held_out_scores;    // log odds of each row by the winner without its fold
  std::optional<double> naive_bayes_auc;  // mean over folds, as for the grid
  std::optional<double> activity_auc;
  std::vector<std::uint32_t> terms;  // of the vocabulary, ascending, with a weight other than 0
  std::vector<double> weights;       // beside terms, before the transform's idf
  double intercept = 0;
  double objective = 0;
  std::vector<FoldWeights> folds;  // of those whose training rows hold both classes
};

// Every point of the grid on every fold, then the best mean AUC (of points within 1e-6 of it the
// simplest) refitted on all rows. Fits of one transform and penalty start from the optimum at the C
// before. Absent if no fold has an AUC. Deterministic; uses the caller's thread alone.
std::optional<Selection> SelectModel(const TokenHistories& histories, const Vocabulary& vocabulary,
                                     const TrainingSet& set, const SelectionOptions& options);

}  // namespace weir::learn
