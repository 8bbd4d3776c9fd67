#pragma once

#include <string>

#include "operators/learn/model_rows.h"

namespace weir::operators {

// The model of a segment that has one, as ONNX (onnx/scoring_graph.h). A binary model holds the
// tokens with a weight, another one all that make its rows longer. Throws UserError for an empty
// token.
std::string ModelBytes(const SegmentModels& all, const SegmentModel& model);

// The text of MLflow's file `MLmodel` beside `model.onnx`: flavours, signature, nothing of the
// clock.
std::string MlModelText(const std::string& run_id);

}  // namespace weir::operators
