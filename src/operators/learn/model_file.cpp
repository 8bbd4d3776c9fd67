#include "operators/learn/model_file.h"

#include <fmt/format.h>

#include "onnx/scoring_graph.h"

namespace weir::operators {
namespace {

// Weights of the whole vocabulary; 0 for terms without one.
std::vector<double> WeightsOfTerms(const learn::Selection& selection, std::size_t num_terms) {
  std::vector<double> weights(num_terms);
  for (std::size_t i = 0; i < selection.terms.size(); ++i) {
    weights[selection.terms[i]] = selection.weights[i];
  }
  return weights;
}

}  // namespace

std::string ModelBytes(const SegmentModels& all, const SegmentModel& model) {
  const learn::Selection& selection = *model.selection;
  const bool is_binary =
      selection.grid[selection.chosen].point.transform == learn::Transform::kBinary;
  onnx::ScoringModel file;
  file.transform = is_binary ? onnx::Transform::kBinary : onnx::Transform::kLogIdf;
  file.intercept = model.intercept;
  const learn::Vocabulary& vocabulary = all.vocabulary;
  const std::vector<double> weights = WeightsOfTerms(selection, vocabulary.tokens.size());
  for (std::size_t term = 0; term < weights.size(); ++term) {
    const bool is_masked = term < model.is_masked.size() && model.is_masked[term];
    if (is_masked || (is_binary && weights[term] == 0)) {
      continue;
    }
    file.tokens.push_back(all.histories.tokens[vocabulary.tokens[term]]);
    file.weights.push_back(weights[term]);
    if (!is_binary) {
      file.idf.push_back(vocabulary.idf[term]);
    }
  }
  return onnx::WriteOnnx(file);
}

std::string MlModelText(const std::string& run_id) {
  return fmt::format(R"(flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_version: 1.13.0
    providers:
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    loader_module: mlflow.onnx
model_uuid: {0}
run_id: {0}
signature:
  inputs: '[{{"type": "tensor", "name": "tokens", "tensor-spec": {{"dtype": "str", "shape": [-1, -1]}}}},
    {{"type": "tensor", "name": "days", "tensor-spec": {{"dtype": "float64", "shape": [-1, -1]}}}}]'
  outputs: '[{{"type": "tensor", "name": "score", "tensor-spec": {{"dtype": "float64", "shape": [-1]}}}}]'
  params: null
)",
                     run_id);
}

}  // namespace weir::operators
