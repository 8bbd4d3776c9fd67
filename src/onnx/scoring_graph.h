#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::onnx {

enum class Transform : std::uint8_t {
  kBinary,  // 1 for each token
  kLogIdf,  // ln(1 + days) · idf, each row of length 1
};

// A model as a file holds it: score = 1 / (1 + exp(−(intercept + Σ value · weight))), the sum over
// the row's tokens that the model has.
struct ScoringModel {
  Transform transform = Transform::kBinary;
  std::vector<std::string> tokens;  // ascending bytewise; none is empty
  std::vector<double> idf;          // beside tokens; of kLogIdf, else none
  std::vector<double> weights;      // beside tokens; 0 for those that only make a row longer
  double intercept = 0;

  friend bool operator==(const ScoringModel&, const ScoringModel&) = default;
};

// The model as ONNX (opset 18, ai.onnx.ml 2): inputs `tokens` string[n, m], each once a row, rows
// filled up with '', and `days` double[n, m]; output `score` double[n]. Equal models give equal
// bytes. Throws UserError for one that breaks what its fields say, or has a number that isn't
// finite. Thread-safe, as is ReadOnnx().
std::string WriteOnnx(const ScoringModel& model);

// What WriteOnnx() was given. Throws UserError for bytes that it didn't write.
ScoringModel ReadOnnx(std::string_view bytes);

}  // namespace weir::onnx
