// A table's columns as the log's schemaString: the protocol's "Schema Serialization Format".
#include <array>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "lake/actions.h"

namespace weir::lake {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kPrimitives = {
    std::pair{TypeKind::kBoolean, "boolean"},
    std::pair{TypeKind::kByte, "byte"},
    std::pair{TypeKind::kShort, "short"},
    std::pair{TypeKind::kInteger, "integer"},
    std::pair{TypeKind::kLong, "long"},
    std::pair{TypeKind::kFloat, "float"},
    std::pair{TypeKind::kDouble, "double"},
    std::pair{TypeKind::kString, "string"},
    std::pair{TypeKind::kBinary, "binary"},
    std::pair{TypeKind::kDate, "date"},
    std::pair{TypeKind::kTimestamp, "timestamp"},
    std::pair{TypeKind::kTimestampNtz, "timestamp_ntz"},
};

Json TypeJson(const DataType& type);

Json FieldJson(const Field& field) {
  return {{"name", field.name},
          {"type", TypeJson(field.type)},
          {"nullable", field.nullable},
          {"metadata", field.metadata.empty() ? Json::object() : Json::parse(field.metadata)}};
}

Json StructJson(const std::vector<Field>& fields) {
  Json parts = Json::array();
  for (const Field& field : fields) {
    parts.push_back(FieldJson(field));
  }
  return {{"type", "struct"}, {"fields", std::move(parts)}};
}

Json TypeJson(const DataType& type) {
  switch (type.kind) {
    case TypeKind::kDecimal:
      return fmt::format("decimal({},{})", type.precision, type.scale);
    case TypeKind::kArray:
      return {{"type", "array"},
              {"elementType", TypeJson(type.children.at(0).type)},
              {"containsNull", type.children.at(0).nullable}};
    case TypeKind::kMap:
      return {{"type", "map"},
              {"keyType", TypeJson(type.children.at(0).type)},
              {"valueType", TypeJson(type.children.at(1).type)},
              {"valueContainsNull", type.children.at(1).nullable}};
    case TypeKind::kStruct:
      return StructJson(type.children);
    default:
      for (const auto& [kind, name] : kPrimitives) {
        if (kind == type.kind) {
          return name;
        }
      }
      return nullptr;
  }
}

// "decimal(10,2)"; "decimal" alone is decimal(10,0).
std::optional<DataType> ParseDecimal(std::string_view text) {
  if (text == "decimal") {
    return DecimalOf(10, 0);
  }
  if (!text.starts_with("decimal(")) {
    return std::nullopt;
  }
  int precision = 0;
  int scale = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data() + 8, end, precision);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ',') {
    return std::nullopt;
  }
  const auto second = std::from_chars(first.ptr + 1, end, scale);
  const bool valid = second.ec == std::errc() && second.ptr + 1 == end && *second.ptr == ')' &&
                     precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision;
  return valid ? std::optional(DecimalOf(precision, scale)) : std::nullopt;
}

// Deeper types than this are nobody's: a corrupt log shall not exhaust the stack.
constexpr int kMaxDepth = 100;

DataType ParseType(const Json& json, const std::string& column, int depth);

std::string MetadataText(const Json& field) {
  const auto metadata = field.find("metadata");
  return metadata != field.end() && metadata->is_object() ? metadata->dump() : "{}";
}

std::vector<Field> ParseFields(const Json& json, const std::string& parent, int depth) {
  std::vector<Field> fields;
  for (const Json& part : json.at("fields")) {
    const auto name = part.at("name").get<std::string>();
    fields.push_back(
        {.name = name,
         .type = ParseType(part.at("type"),
                           parent.empty() ? name : fmt::format("{}.{}", parent, name), depth + 1),
         .nullable = part.value("nullable", true),
         .metadata = MetadataText(part)});
  }
  return fields;
}

DataType ParseNested(const Json& json, const std::string& column, int depth) {
  const auto kind = json.at("type").get<std::string>();
  if (kind == "struct") {
    return StructOf(ParseFields(json, column, depth));
  }
  if (kind == "array") {
    DataType type = ArrayOf(ParseType(json.at("elementType"), column + ".element", depth + 1));
    type.children[0].nullable = json.value("containsNull", true);
    return type;
  }
  if (kind == "map") {
    DataType type = MapOf(ParseType(json.at("keyType"), column + ".key", depth + 1),
                          ParseType(json.at("valueType"), column + ".value", depth + 1));
    type.children[1].nullable = json.value("valueContainsNull", true);
    return type;
  }
  throw UserError("column \"{}\" has type '{}', which weir does not know", column, kind);
}

DataType ParseType(const Json& json, const std::string& column, int depth) {
  if (depth > kMaxDepth) {
    throw UserError("column \"{}\" is nested more than {} deep", column.substr(0, column.find('.')),
                    kMaxDepth);
  }
  if (json.is_object()) {
    return ParseNested(json, column, depth);
  }
  const auto name = json.get<std::string>();
  for (const auto& [kind, known] : kPrimitives) {
    if (name == known) {
      return PlainType(kind);
    }
  }
  if (const auto decimal = ParseDecimal(name)) {
    return *decimal;
  }
  throw UserError("column \"{}\" has type '{}', which weir does not know", column, name);
}

}  // namespace

std::string SchemaToJson(const Schema& schema) { return StructJson(schema.fields).dump(); }

Schema ParseSchemaJson(std::string_view json) {
  try {
    return {.fields = ParseFields(Json::parse(json), "", 0)};
  } catch (const nlohmann::json::exception& error) {
    throw UserError("the table's schema can't be read: {}", error.what());
  }
}

}  // namespace weir::lake
