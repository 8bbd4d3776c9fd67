#pragma once

#include "operators/operator.h"

namespace weir::operators {

// What connected_components calls its arguments and outputs.
constexpr auto kToday = "today";
constexpr auto kState = "state";
constexpr auto kPeople = "people";
constexpr auto kAudit = "audit";
constexpr auto kBasis = "basis";  // an output, too
constexpr auto kEvidence = "evidence";
constexpr auto kErased = "erased";
constexpr auto kImported = "imported";
constexpr auto kEdges = "edges";
constexpr auto kMapping = "mapping";
constexpr auto kChanges = "changes";
constexpr auto kViolations = "violations";

// Throws UserError for days of the setting `expiry` that can't be read; {var.x} in their place
// passes.
void CheckExpiry(const nlohmann::json& settings);

// One day of one graph: gives the outputs of connected_components for its arguments and settings.
// Throws UserError for settings that can't be read, and for an erasure from another day's state.
void RunDay(OperatorContext& context);

}  // namespace weir::operators
