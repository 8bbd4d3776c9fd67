#include "learn/model_selection.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "learn/naive_bayes.h"
#include "learn/ranking.h"

namespace weir::learn {
namespace {

Penalty PenaltyFor(PenaltyKind kind) {
  return kind == PenaltyKind::kL1 ? Penalty{.l1 = 1, .l2 = 0} : Penalty{.l1 = 0, .l2 = 1};
}

// Fills in mean and deviation.
GridScore Summarised(GridScore score) {
  double sum = 0;
  double squares = 0;
  double folds = 0;
  for (const std::optional<double>& auc : score.aucs) {
    if (!auc) {
      continue;
    }
    sum += *auc;
    ++folds;
  }
  if (folds == 0) {
    return score;
  }
  score.mean = sum / folds;
  for (const std::optional<double>& auc : score.aucs) {
    if (auc) {
      squares += (*auc - score.mean) * (*auc - score.mean);
    }
  }
  score.deviation = std::sqrt(squares / folds);
  return score;
}

// One segment's search.
class Search {
 public:
  Search(const TokenHistories& histories, const Vocabulary& vocabulary, const TrainingSet& set,
         const SelectionOptions& options)
      : options_(options),

        matrix_(histories, vocabulary, set.people, set.is_masked),
        features_{Features(matrix_, vocabulary.idf, Transform::kBinary),
                  Features(matrix_, vocabulary.idf, Transform::kLogIdf)} {
    for (const std::vector<std::uint8_t>& fold : set.labels) {
      selection_.labels.insert(selection_.labels.end(), fold.begin(), fold.end());
    }
    for (const std::uint8_t label : selection_.labels) {
      weights_.push_back(label != 0 ? set.positive_weight : 1);
    }
  }

  std::optional<Selection> Run() {
    ScoreBaselines();
    if (!selection_.activity_auc) {
      return std::nullopt;
    }
    for (const GridPoint& point : GridOf(options_.cs)) {
      selection_.grid.push_back({.point = point, .aucs = {}});
    }
    scores_.assign(selection_.grid.size(), std::vector<double>(matrix_.num_rows()));
    for (std::size_t first = 0; first < selection_.grid.size(); first += options_.cs.size()) {
      for (std::size_t fold = 0; fold < matrix_.num_folds(); ++fold) {
        ScorePath(first, fold);
      }
    }
    Choose();
    Refit();
    RefitFolds();
    return std::move(selection_);
  }

 private:
  // Labels of the rows that a fold holds out.
  std::span<const std::uint8_t> HeldOutLabels(std::size_t fold) const {
    const RowRange rows = matrix_.FoldRows(fold);
    return std::span(selection_.labels).subspan(rows.begin, rows.end - rows.begin);
  }

  // Whether a fold's training rows hold both classes.
  bool CanTrainWithout(std::size_t fold) const {
    bool has_positive = false;
    bool has_negative = false;
    for (const RowRange& range : matrix_.RowsWithout(fold)) {
      for (std::size_t row = range.begin; row < range.end; ++row) {
        (selection_.labels[row] != 0 ? has_positive : has_negative) = true;
      }
    }
    return has_positive && has_negative;
  }

  std::optional<double> HeldOutAuc(std::size_t fold, std::span<const double> scores) const {
    const RowRange rows = matrix_.FoldRows(fold);
    return RocAuc(scores.subspan(rows.begin, rows.end - rows.begin), HeldOutLabels(fold));
  }

  void ScoreBaselines() {
    GridScore naive_bayes;
    GridScore activity;
    std::vector<double> scores(matrix_.num_rows());
    for (std::size_t fold = 0; fold < matrix_.num_folds(); ++fold) {
      if (!CanTrainWithout(fold)) {
        continue;
      }
      const RowRange held_out = matrix_.FoldRows(fold);
      const NaiveBayes model =
          TrainNaiveBayes(matrix_, matrix_.RowsWithout(fold), selection_.labels);
      features_.front().Scores({&held_out, 1}, model.weights, model.intercept, scores);
      naive_bayes.aucs.push_back(HeldOutAuc(fold, scores));
      for (std::size_t row = held_out.begin; row < held_out.end; ++row) {
        scores[row] = static_cast<double>(matrix_.RowColumns(row).size());
      }
      activity.aucs.push_back(HeldOutAuc(fold, scores));
    }
    const auto has_any = [](const GridScore& score) {
      return std::ranges::any_of(score.aucs, [](const auto& auc) { return auc.has_value(); });
    };
    if (!has_any(activity)) {
      return;
    }
    selection_.naive_bayes_auc = Summarised(std::move(naive_bayes)).mean;
    selection_.activity_auc = Summarised(std::move(activity)).mean;
  }

  // The points from `first` on that differ in C alone, on one fold.
  void ScorePath(std::size_t first, std::size_t fold) {
    LogisticModel model;
    const RowRange held_out = matrix_.FoldRows(fold);
    const bool can_train = CanTrainWithout(fold);
    for (std::size_t at = first; at < first + options_.cs.size(); ++at) {
      GridScore& score = selection_.grid[at];
      if (!can_train) {
        score.aucs.emplace_back();
        continue;
      }
      model = Fit(score.point, fold, model, options_.tolerance).model;
      FeaturesOf(score.point).Scores({&held_out, 1}, model.u, model.intercept, scores_[at]);
      score.aucs.push_back(HeldOutAuc(fold, scores_[at]));
    }
  }

  const Features& FeaturesOf(const GridPoint& point) const {
    return features_[point.transform == Transform::kBinary ? 0 : 1];
  }

  LogisticFit Fit(const GridPoint& point, std::optional<std::size_t> held_out,
                  const LogisticModel& start, double tolerance) const {
    std::vector<double> costs = weights_;
    for (double& cost : costs) {
      cost *= point.c;
    }
    const LogisticProblem problem{.features = &FeaturesOf(point),
                                  .labels = selection_.labels,
                                  .costs = costs,
                                  .held_out = held_out,
                                  .penalty = PenaltyFor(point.penalty)};
    return FitLogistic(problem, {.tolerance = tolerance}, start);
  }

  void Choose() {
    constexpr double kAsGood = 1e-6;
    double best = 0;
    for (GridScore& score : selection_.grid) {
      score = Summarised(std::move(score));
      best = std::max(best, score.mean);
    }
    const auto chosen = std::ranges::find_if(
        selection_.grid, [&](const GridScore& score) { return score.mean >= best - kAsGood; });
    selection_.chosen = static_cast<std::size_t>(chosen - selection_.grid.begin());
    selection_.held_out_scores = std::move(scores_[selection_.chosen]);
  }

  void Refit() {
    constexpr double kOfWeights = 1e-4;  // they are off by the root of what the objective is
    const GridPoint& point = selection_.grid[selection_.chosen].point;
    const LogisticFit fit = Fit(point, std::nullopt, {}, kOfWeights * options_.tolerance);
    selection_.objective = fit.objective;
    selection_.intercept = fit.model.intercept;
    TakeWeights(point, fit.model, selection_.terms, selection_.weights);
  }

  // The winner once more on each fold's training rows, for later comparisons.
  void RefitFolds() {
    const GridPoint& point = selection_.grid[selection_.chosen].point;
    for (std::size_t fold = 0; fold < matrix_.num_folds(); ++fold) {
      if (!CanTrainWithout(fold)) {
        continue;
      }
      const LogisticFit fit = Fit(point, fold, {}, options_.tolerance);
      FoldWeights& made = selection_.folds.emplace_back();
      made.fold = fold;
      made.intercept = fit.model.intercept;
      TakeWeights(point, fit.model, made.terms, made.weights);
    }
  }

  void TakeWeights(const GridPoint& point, const LogisticModel& model,
                   std::vector<std::uint32_t>& terms, std::vector<double>& weights) const {
    std::vector<std::pair<std::uint32_t, double>> pairs;
    for (std::size_t column = 0; column < model.u.size(); ++column) {
      if (model.u[column] == 0) {
        continue;
      }
      pairs.emplace_back(matrix_.terms()[column],
                         model.u[column] / FeaturesOf(point).column_scales()[column]);
    }
    std::ranges::sort(pairs);
    for (const auto& [term, weight] : pairs) {
      terms.push_back(term);
      weights.push_back(weight);
    }
  }

  const SelectionOptions& options_;
  DesignMatrix matrix_;
  std::array<Features, 2> features_;         // by transform, simplest first
  std::vector<double> weights_;              // by row, of its class
  std::vector<std::vector<double>> scores_;  // by point: of each row, held out
  Selection selection_;
};

}  // namespace

std::string_view Name(Transform transform) {
  return transform == Transform::kBinary ? "binary" : "log_idf";
}

std::string_view Name(PenaltyKind penalty) { return penalty == PenaltyKind::kL2 ? "l2" : "l1"; }

std::vector<GridPoint> GridOf(std::span<const double> cs) {
  std::vector<GridPoint> grid;
  for (const Transform transform : {Transform::kBinary, Transform::kLogIdf}) {
    for (const PenaltyKind penalty : {PenaltyKind::kL2, PenaltyKind::kL1}) {
      for (const double c : cs) {
        grid.push_back({.transform = transform, .penalty = penalty, .c = c});
      }
    }
  }
  return grid;
}

std::optional<Selection> SelectModel(const TokenHistories& histories, const Vocabulary& vocabulary,
                                     const TrainingSet& set, const SelectionOptions& options) {
  return Search(histories, vocabulary, set, options).Run();
}

}  // namespace weir::learn
