#include "sql/plan_predicate.h"

#include <utility>
#include <vector>

#include "base/clock.h"
#include "sql/plan_json.h"

namespace weir::sql {
namespace {

using Json = nlohmann::json;
using Kind = Predicate::Kind;
using Comparison = Predicate::Comparison;

// A column or a field of one, as a condition compares it.
struct Reference {
  std::vector<std::string> path;
  const Json* type = nullptr;           // of what is stored
  std::optional<DataType> compared_as;  // absent: not a primitive type
  bool is_day_as_timestamp = false;     // a DATE cast to TIMESTAMP
};

std::string TypeOf(const Json& node) { return node.value("type", ""); }

Reference RefersTo(const PlanColumn& column) {
  return Reference{
      .path = {column.name}, .type = column.type, .compared_as = PlanType(*column.type)};
}

// The field of a struct; absent if the struct has none of this name.
std::optional<Reference> FieldOf(const Reference& parent, const std::string& field) {
  const Json* type = PlanFieldType(*parent.type, field);
  if (type == nullptr) {
    return std::nullopt;
  }
  Reference reference{.path = parent.path, .type = type, .compared_as = PlanType(*type)};
  reference.path.push_back(field);
  return reference;
}

std::optional<Reference> ReadReference(const Json& expression, const ColumnLookup& columns);

std::optional<Reference> ReadStructExtract(const Json& call, const ColumnLookup& columns) {
  const Json& arguments = call.at("children");
  if (call.value("name", "") != "struct_extract" || arguments.size() != 2 ||
      TypeOf(arguments[1]) != "VALUE_CONSTANT") {
    return std::nullopt;
  }
  const auto parent = ReadReference(arguments[0], columns);
  const auto field = PlanConstant(arguments[1].at("value"));
  if (!parent || !field || field->type.kind != TypeKind::kString) {
    return std::nullopt;
  }
  return FieldOf(*parent, field->text);
}

// Casts that keep every value and its order.
std::optional<Reference> ReadCast(const Json& cast, const ColumnLookup& columns) {
  auto reference = ReadReference(cast.at("child"), columns);
  const auto to = PlanType(cast.at("return_type"));
  if (!reference || !reference->compared_as || !to || reference->is_day_as_timestamp) {
    return std::nullopt;
  }
  reference->is_day_as_timestamp =
      reference->compared_as->kind == TypeKind::kDate && to->kind == TypeKind::kTimestampNtz;
  if (!reference->is_day_as_timestamp && !WidensTo(*reference->compared_as, *to)) {
    return std::nullopt;
  }
  reference->compared_as = to;
  return reference;
}

std::optional<Reference> ReadReference(const Json& expression, const ColumnLookup& columns) {
  const std::string type = TypeOf(expression);
  if (type == "BOUND_REF") {
    const auto column = columns(expression.at("index").get<std::uint64_t>());
    const bool known = column && *column->type == expression.at("return_type");
    return known ? std::optional(RefersTo(*column)) : std::nullopt;
  }
  if (type == "BOUND_FUNCTION") {
    return ReadStructExtract(expression, columns);
  }
  return type == "OPERATOR_CAST" ? ReadCast(expression, columns) : std::nullopt;
}

Predicate Leaf(const Reference& reference, Kind kind) {
  return {.kind = kind, .path = reference.path};
}

// A stored day compared with a moment: the moment's day, and no stricter than "or that day".
Predicate CompareDay(const Reference& reference, Comparison comparison, const Constant& moment) {
  const std::int64_t micros = std::stoll(moment.text);
  const std::int64_t days = micros / kDay - (micros % kDay < 0 ? 1 : 0);
  Predicate predicate = Leaf(reference, Kind::kCompare);
  predicate.comparison = comparison == Comparison::kLess      ? Comparison::kLessEqual
                         : comparison == Comparison::kGreater ? Comparison::kGreaterEqual
                                                              : comparison;
  predicate.constants = {
      {{.kind = TypeKind::kDate, .children = {}}, FormatDate(static_cast<std::int32_t>(days))}};
  return predicate;
}

Predicate Compare(const Reference& reference, Comparison comparison, const Constant& constant) {
  if (!reference.compared_as || *reference.compared_as != constant.type) {
    return {};
  }
  if (reference.is_day_as_timestamp) {
    return CompareDay(reference, comparison, constant);
  }
  Predicate predicate = Leaf(reference, Kind::kCompare);
  predicate.comparison = comparison;
  predicate.constants = {constant};
  return predicate;
}

Predicate Differs(const Reference& reference, const Constant& constant) {
  return AnyOf({Compare(reference, Comparison::kLess, constant),
                Compare(reference, Comparison::kGreater, constant)});
}

Predicate CompareByName(const Reference& reference, const std::string& name, const Json& value) {
  const auto constant = PlanConstant(value);
  if (!constant) {
    const bool asks_for_null = name == "COMPARE_NOT_DISTINCT_FROM" && value.value("is_null", false);
    return asks_for_null ? Leaf(reference, Kind::kIsNull) : Predicate{};
  }
  if (name == "COMPARE_EQUAL" || name == "COMPARE_NOT_DISTINCT_FROM") {
    return Compare(reference, Comparison::kEqual, *constant);
  }
  if (name == "COMPARE_NOTEQUAL") {
    return Differs(reference, *constant);
  }
  if (name == "COMPARE_DISTINCT_FROM") {
    return AnyOf({Leaf(reference, Kind::kIsNull), Differs(reference, *constant)});
  }
  if (name == "COMPARE_LESSTHAN") {
    return Compare(reference, Comparison::kLess, *constant);
  }
  if (name == "COMPARE_LESSTHANOREQUALTO") {
    return Compare(reference, Comparison::kLessEqual, *constant);
  }
  if (name == "COMPARE_GREATERTHAN") {
    return Compare(reference, Comparison::kGreater, *constant);
  }
  return name == "COMPARE_GREATERTHANOREQUALTO"
             ? Compare(reference, Comparison::kGreaterEqual, *constant)
             : Predicate{};
}

// `5 < a` is `a > 5`.
std::string Mirrored(const std::string& comparison) {
  constexpr std::string_view kLess = "COMPARE_LESSTHAN";
  constexpr std::string_view kGreater = "COMPARE_GREATERTHAN";
  if (comparison.starts_with(kLess)) {
    return std::string(kGreater) + comparison.substr(kLess.size());
  }
  if (comparison.starts_with(kGreater)) {
    return std::string(kLess) + comparison.substr(kGreater.size());
  }
  return comparison;
}

Predicate ReadComparison(const Json& expression, const ColumnLookup& columns) {
  const Json* column = &expression.at("left");
  const Json* constant = &expression.at("right");
  std::string name = TypeOf(expression);
  if (TypeOf(*column) == "VALUE_CONSTANT") {
    std::swap(column, constant);
    name = Mirrored(name);
  }
  const auto reference = ReadReference(*column, columns);
  if (!reference || TypeOf(*constant) != "VALUE_CONSTANT") {
    return {};
  }
  return CompareByName(*reference, name, constant->at("value"));
}

// One of two limits of a BETWEEN; kTrue if it isn't a constant.
Predicate ReadLimit(const Reference& reference, const std::string& name, const Json& limit) {
  return TypeOf(limit) == "VALUE_CONSTANT" ? CompareByName(reference, name, limit.at("value"))
                                           : Predicate{};
}

Predicate ReadBetween(const Json& expression, const ColumnLookup& columns) {
  const auto reference = ReadReference(expression.at("input"), columns);
  if (!reference) {
    return {};
  }
  const bool with_lower = expression.value("lower_inclusive", true);
  const bool with_upper = expression.value("upper_inclusive", true);
  return AllOf(
      {ReadLimit(*reference, with_lower ? "COMPARE_GREATERTHANOREQUALTO" : "COMPARE_GREATERTHAN",
                 expression.at("lower")),
       ReadLimit(*reference, with_upper ? "COMPARE_LESSTHANOREQUALTO" : "COMPARE_LESSTHAN",
                 expression.at("upper"))});
}

// The column is one of `values`; nulls among them never make it true.
Predicate IsOneOf(const Reference& reference, const std::vector<const Json*>& values) {
  Predicate predicate = Leaf(reference, Kind::kIn);
  for (const Json* value : values) {
    if (value->value("is_null", false)) {
      continue;
    }
    auto constant = PlanConstant(*value);
    if (!constant || reference.is_day_as_timestamp || reference.compared_as != constant->type) {
      return {};
    }
    predicate.constants.push_back(std::move(*constant));
  }
  return predicate;
}

Predicate ReadIn(const Json& operands, const ColumnLookup& columns) {
  const auto reference = ReadReference(operands.at(0), columns);
  std::vector<const Json*> values;
  for (std::size_t operand = 1; operand < operands.size(); ++operand) {
    if (TypeOf(operands[operand]) != "VALUE_CONSTANT") {
      return {};
    }
    values.push_back(&operands[operand].at("value"));
  }
  return reference ? IsOneOf(*reference, values) : Predicate{};
}

Predicate ReadNullTest(const Json& operands, Kind kind, const ColumnLookup& columns) {
  const auto reference = ReadReference(operands.at(0), columns);
  return reference ? Leaf(*reference, kind) : Predicate{};
}

// A boolean column by itself, or under NOT.
Predicate ReadBoolean(const Json& expression, bool wanted, const ColumnLookup& columns) {
  const auto reference = ReadReference(expression, columns);
  const Constant constant{{.kind = TypeKind::kBoolean, .children = {}}, wanted ? "true" : "false"};
  return reference ? Compare(*reference, Comparison::kEqual, constant) : Predicate{};
}

template <typename Read>
std::vector<Predicate> ReadAll(const Json& parts, Read read) {
  std::vector<Predicate> predicates;
  for (const Json& part : parts) {
    predicates.push_back(read(part));
  }
  return predicates;
}

}  // namespace

Predicate ReadExpression(const Json& expression, const ColumnLookup& columns) {
  const std::string type = TypeOf(expression);
  const auto read = [&](const Json& part) { return ReadExpression(part, columns); };
  if (type == "CONJUNCTION_AND") {
    return AllOf(ReadAll(expression.at("children"), read));
  }
  if (type == "CONJUNCTION_OR") {
    return AnyOf(ReadAll(expression.at("children"), read));
  }
  if (type == "COMPARE_BETWEEN") {
    return ReadBetween(expression, columns);
  }
  if (type == "COMPARE_IN") {
    return ReadIn(expression.at("children"), columns);
  }
  if (type.starts_with("COMPARE_") && expression.contains("left")) {
    return ReadComparison(expression, columns);
  }
  if (type == "OPERATOR_IS_NULL" || type == "OPERATOR_IS_NOT_NULL") {
    const Kind kind = type == "OPERATOR_IS_NULL" ? Kind::kIsNull : Kind::kIsNotNull;
    return ReadNullTest(expression.at("children"), kind, columns);
  }
  return type == "OPERATOR_NOT" ? ReadBoolean(expression.at("children").at(0), false, columns)
                                : ReadBoolean(expression, true, columns);
}

namespace {

Predicate ReadFilter(const Json& filter, const Reference& reference);

Predicate ReadFieldFilter(const Json& filter, const Reference& parent) {
  const auto field = FieldOf(parent, filter.value("child_name", ""));
  return field ? ReadFilter(filter.at("child_filter"), *field) : Predicate{};
}

Predicate ReadInFilter(const Json& filter, const Reference& reference) {
  std::vector<const Json*> values;
  for (const Json& value : filter.at("values")) {
    values.push_back(&value);
  }
  return IsOneOf(reference, values);
}

// An expression over the scan's column alone, which is its BOUND_REF 0.
Predicate ReadExpressionFilter(const Json& filter, const Reference& reference) {
  if (reference.path.size() != 1) {
    return {};
  }
  return ReadExpression(filter.at("expr"), [&](std::uint64_t index) {
    return index == 0 ? std::optional(PlanColumn{reference.path.front(), reference.type})
                      : std::nullopt;
  });
}

Predicate ReadFilter(const Json& filter, const Reference& reference) {
  const std::string type = filter.value("filter_type", "");
  const auto read = [&](const Json& part) { return ReadFilter(part, reference); };
  if (type == "CONSTANT_COMPARISON") {
    return CompareByName(reference, filter.value("comparison_type", ""), filter.at("constant"));
  }
  if (type == "CONJUNCTION_AND") {
    return AllOf(ReadAll(filter.at("child_filters"), read));
  }
  if (type == "CONJUNCTION_OR") {
    return AnyOf(ReadAll(filter.at("child_filters"), read));
  }
  if (type == "OPTIONAL_FILTER") {
    return filter.contains("child_filter") ? read(filter["child_filter"]) : Predicate{};
  }
  if (type == "IN_FILTER") {
    return ReadInFilter(filter, reference);
  }
  if (type == "STRUCT_EXTRACT") {
    return ReadFieldFilter(filter, reference);
  }
  if (type == "EXPRESSION_FILTER") {
    return ReadExpressionFilter(filter, reference);
  }
  if (type == "IS_NULL" || type == "IS_NOT_NULL") {
    return Leaf(reference, type == "IS_NULL" ? Kind::kIsNull : Kind::kIsNotNull);
  }
  return {};
}

}  // namespace

Predicate ReadTableFilter(const Json& filter, const PlanColumn& column) {
  return ReadFilter(filter, RefersTo(column));
}

}  // namespace weir::sql
