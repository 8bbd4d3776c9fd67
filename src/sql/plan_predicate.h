#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "data/predicate.h"

// The conditions in a serialised plan as predicates. What isn't understood is kTrue.
namespace weir::sql {

// A column of a scan as the plan names it.
struct PlanColumn {
  std::string name;
  const nlohmann::json* type = nullptr;
};

// The column behind a BOUND_REF's index.
using ColumnLookup = std::function<std::optional<PlanColumn>(std::uint64_t index)>;

// A condition of the expression tree (BOUND_COMPARISON …).
Predicate ReadExpression(const nlohmann::json& expression, const ColumnLookup& columns);

// A condition on `column` of a scan's table filters (CONSTANT_COMPARISON …).
Predicate ReadTableFilter(const nlohmann::json& filter, const PlanColumn& column);

}  // namespace weir::sql
