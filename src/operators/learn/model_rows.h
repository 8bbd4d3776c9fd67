#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "learn/model_selection.h"
#include "operators/learn/learning_input.h"
#include "operators/operator.h"

namespace weir::operators {

// What became of one segment.
struct SegmentModel {
  std::string status;  // succeeded, skipped, failed
  std::string reason;  // of the other two
  std::int64_t positives = 0;
  std::int64_t negatives = 0;
  std::size_t vocabulary = 0;  // terms that the model might use
  std::optional<learn::Selection> selection;
  double intercept = 0;  // for probabilities among all eligible people, not among the sampled
  double seconds = 0;
  std::string run_id;
  std::string warning;          // of a model that is hardly better than none
  std::string model_sha256;     // of its file; empty without a model
  std::vector<bool> is_masked;  // as in learn::TrainingSet
};

// All segments' results, and what names them.
struct SegmentModels {
  LearningHistories histories;
  learn::Vocabulary vocabulary;
  std::map<std::int64_t, SegmentModel> segments;
  std::string model_prefix;                       // a model's name but for the segment
  std::string model_version;                      // of all
  std::map<std::string, std::string> parameters;  // that all were selected under
};
using SharedModels = std::shared_ptr<const SegmentModels>;

// One row a segment and token with a weight: it, and how many people have the token.
Schema WeightsSchema();
BatchSource WeightRows(SharedModels models);

// One row a segment, fold and token with a weight: what the winner is without the fold. Token '' is
// the intercept.
Schema FoldWeightsSchema();
BatchSource FoldWeightRows(SharedModels models);

// One row a segment, point of the grid and fold: the AUC on what the fold held out; null where it
// held, or left, one class alone.
Schema GridSchema();
BatchSource GridRows(SharedModels models);

// The ROC curve of the winner on what each fold held out; no threshold at (0, 0).
Schema RocSchema();
BatchSource RocRows(SharedModels models);

// Twenty bins of the winner's probability, on what each fold held out, among the sampled.
Schema ScoresSchema();
BatchSource ScoreRows(SharedModels models);

// One row a segment with a model: its file, and the text of MLflow's `MLmodel` beside it.
Schema ModelsSchema();
BatchSource ModelRows(SharedModels models);

}  // namespace weir::operators
