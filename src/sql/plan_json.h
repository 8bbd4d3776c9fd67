#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "data/predicate.h"
#include "data/schema.h"

// DuckDB's serialised plans (json_serialize_plan): values and types in them.
namespace weir::sql {

// Parses a plan. DuckDB writes NaN, Infinity and -Infinity bare, which JSON has not: they become
// texts. Discarded (is_discarded()) if it isn't JSON otherwise.
nlohmann::json ParsePlan(std::string_view text);

// A primitive type; HUGEINT as DECIMAL(38,0). Absent for others, and for VARCHAR with a collation.
std::optional<DataType> PlanType(const nlohmann::json& type);

// The type of a struct type's field, or null. Letter case is ignored.
const nlohmann::json* PlanFieldType(const nlohmann::json& type, std::string_view field);

// A value that isn't null and whose type is primitive.
std::optional<Constant> PlanConstant(const nlohmann::json& value);

}  // namespace weir::sql
