#include "data/schema.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"

namespace weir {
namespace {

std::string QuoteName(const std::string& name) {
  std::string quoted = "\"";
  for (const char letter : name) {
    quoted += letter;
    if (letter == '"') {
      quoted += '"';
    }
  }
  return quoted + "\"";
}

std::string StructText(const DataType& type) {
  std::string text = "STRUCT(";
  for (const Field& field : type.children) {
    text += (text.back() == '(' ? "" : ", ") + QuoteName(field.name) + " " + ToText(field.type);
  }
  return text + ")";
}

bool DecimalWidens(const DataType& from, const DataType& to) {
  return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
}

// Most digits that an integer type's values have.
int IntegerDigits(TypeKind kind) {
  switch (kind) {
    case TypeKind::kByte:
      return 3;
    case TypeKind::kShort:
      return 5;
    case TypeKind::kInteger:
      return 10;
    default:
      return 19;
  }
}

bool PrimitiveWidens(const DataType& from, const DataType& to) {
  if (from.kind == TypeKind::kDecimal && to.kind == TypeKind::kDecimal) {
    return DecimalWidens(from, to);
  }
  if (IsInteger(from.kind)) {
    return (IsInteger(to.kind) && from.kind <= to.kind) ||
           (to.kind == TypeKind::kDouble && from.kind <= TypeKind::kInteger) ||
           (to.kind == TypeKind::kDecimal && to.precision - to.scale >= IntegerDigits(from.kind));
  }
  return from.kind == to.kind || (from.kind == TypeKind::kFloat && to.kind == TypeKind::kDouble);
}

bool StructWidens(const DataType& from, const DataType& to) {
  return std::ranges::all_of(from.children, [&](const Field& part) {
    const auto wider = std::ranges::find_if(
        to.children, [&](const Field& other) { return SameName(other.name, part.name); });
    return wider != to.children.end() && WidensTo(part.type, wider->type);
  });
}

}  // namespace

bool operator==(const DataType& left, const DataType& right) {
  return left.kind == right.kind && left.precision == right.precision &&
         left.scale == right.scale && left.children == right.children;
}

DataType ArrayOf(DataType element) {
  return {.kind = TypeKind::kArray, .children = {{.name = "element", .type = std::move(element)}}};
}

DataType MapOf(DataType key, DataType value) {
  return {.kind = TypeKind::kMap,
          .children = {{.name = "key", .type = std::move(key), .nullable = false},
                       {.name = "value", .type = std::move(value)}}};
}

DataType StructOf(std::vector<Field> fields) {
  return {.kind = TypeKind::kStruct, .children = std::move(fields)};
}

DataType DecimalOf(int precision, int scale) {
  return {.kind = TypeKind::kDecimal, .precision = precision, .scale = scale, .children = {}};
}

const Field* Schema::Find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(fields, [&](const Field& field) { return SameName(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string> Schema::names() const {
  std::vector<std::string> names;
  std::ranges::transform(fields, std::back_inserter(names), &Field::name);
  return names;
}

bool SameName(std::string_view left, std::string_view right) {
  return EqualIgnoringCase(left, right);
}

std::string ToText(const DataType& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return "BOOLEAN";
    case TypeKind::kByte:
      return "TINYINT";
    case TypeKind::kShort:
      return "SMALLINT";
    case TypeKind::kInteger:
      return "INTEGER";
    case TypeKind::kLong:
      return "BIGINT";
    case TypeKind::kFloat:
      return "FLOAT";
    case TypeKind::kDouble:
      return "DOUBLE";
    case TypeKind::kDecimal:
      return fmt::format("DECIMAL({},{})", type.precision, type.scale);
    case TypeKind::kString:
      return "VARCHAR";
    case TypeKind::kBinary:
      return "BLOB";
    case TypeKind::kDate:
      return "DATE";
    case TypeKind::kTimestamp:
      return "TIMESTAMP WITH TIME ZONE";
    case TypeKind::kTimestampNtz:
      return "TIMESTAMP";
    case TypeKind::kArray:
      return ToText(type.children.at(0).type) + "[]";
    case TypeKind::kMap:
      return fmt::format("MAP({}, {})", ToText(type.children.at(0).type),
                         ToText(type.children.at(1).type));
    case TypeKind::kStruct:
      return StructText(type);
  }
  return "";
}

bool WidensTo(const DataType& from, const DataType& to) {
  if (from.kind == TypeKind::kStruct && to.kind == TypeKind::kStruct) {
    return StructWidens(from, to);
  }
  if (from.IsNested() || to.IsNested()) {
    return from.kind == to.kind &&
           std::ranges::equal(from.children, to.children, [](const Field& one, const Field& other) {
             return WidensTo(one.type, other.type);
           });
  }
  return PrimitiveWidens(from, to);
}

}  // namespace weir
