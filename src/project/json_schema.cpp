#include "project/json_schema.h"

#include <algorithm>
#include <array>

#include "project/file_shapes.h"

namespace weir::project {
namespace {

using Json = nlohmann::ordered_json;

Json SchemaOf(const Shape& shape);

// A plain 1, 0.5 or true of YAML is a text for weir, but not for a schema.
Json PlainTypes(const TextFormat& format) {
  constexpr std::array<const char*, 3> kNumbers = {"1", "20260105", "0.5"};
  Json types = Json::array({"string"});
  if (std::ranges::any_of(kNumbers, [&](auto text) { return !format.mistake(text); })) {
    types.push_back("number");
  }
  if (!format.mistake("true")) {
    types.push_back("boolean");
  }
  return types;
}

Json TextSchema(const Shape& shape) {
  if (!shape.words.empty()) {
    return {{"type", "string"}, {"enum", shape.words}};
  }
  if (shape.format) {
    return {{"type", PlainTypes(*shape.format)}, {"pattern", shape.format->pattern}};
  }
  Json schema = {{"type", Json::array({"string", "number", "boolean"})}};
  if (!shape.may_be_empty) {
    schema["minLength"] = 1;
  }
  return schema;
}

Json NumberSchema(const Shape& shape, const char* type) {
  Json schema = {{"type", type}};
  if (shape.least) {
    schema["minimum"] = *shape.least;
  }
  return schema;
}

Json ListSchema(const Shape& shape) {
  const Shape& item = shape.parts.front();
  Json schema = {{"type", "array"}, {"items", SchemaOf(item)}};
  if (shape.least) {
    schema["minItems"] = *shape.least;
  }
  if (item.kind == Shape::Kind::kText && !shape.may_repeat) {
    schema["uniqueItems"] = true;
  }
  return schema;
}

Json DictionarySchema(const Shape& shape) {
  Json schema = {{"type", "object"},
                 {"propertyNames", {{"pattern", shape.format->pattern}}},
                 {"additionalProperties", SchemaOf(shape.parts.front())}};
  if (shape.least) {
    schema["minProperties"] = *shape.least;
  }
  return schema;
}

Json RecordSchema(const Shape& shape, const Variant* variant) {
  Json properties = Json::object();
  Json required = Json::array();
  const auto add = [&](const Key& key, bool is_required) {
    Json schema = SchemaOf(key.shape);
    schema["description"] = key.doc;
    properties[key.name] = schema;
    if (is_required) {
      required.push_back(key.name);
    }
  };
  for (const Key& key : variant != nullptr ? variant->keys : std::vector<Key>()) {
    add(key, key.required || properties.empty());  // the first says which variant it is
  }
  for (const Key& key : shape.keys) {
    add(key, key.required);
  }
  Json schema = {{"type", "object"}, {"properties", properties}};
  schema["additionalProperties"] =
      shape.parts.empty() ? Json(false) : SchemaOf(shape.parts.front());
  if (!required.empty()) {
    schema["required"] = required;
  }
  return schema;
}

Json AnyOf(const std::vector<Json>& schemas) {
  Json list = Json::array();
  for (const Json& schema : schemas) {
    list.push_back(schema);
  }
  return {{"anyOf", list}};
}

Json VariantsSchema(const Shape& shape) {
  if (shape.variants.empty()) {
    return RecordSchema(shape, nullptr);
  }
  std::vector<Json> schemas;
  schemas.reserve(shape.variants.size());
  for (const Variant& variant : shape.variants) {
    schemas.push_back(RecordSchema(shape, &variant));
  }
  return AnyOf(schemas);
}

Json SchemaOf(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::kText:
      return TextSchema(shape);
    case Shape::Kind::kInteger:
      return NumberSchema(shape, "integer");
    case Shape::Kind::kNumber:
      return NumberSchema(shape, "number");
    case Shape::Kind::kBoolean:
      return {{"type", "boolean"}};
    case Shape::Kind::kList:
      return ListSchema(shape);
    case Shape::Kind::kDictionary:
      return DictionarySchema(shape);
    case Shape::Kind::kRecord:
      return VariantsSchema(shape);
    case Shape::Kind::kOneOf: {
      std::vector<Json> schemas;
      schemas.reserve(shape.parts.size());
      for (const Shape& part : shape.parts) {
        schemas.push_back(SchemaOf(part));
      }
      return AnyOf(schemas);
    }
    case Shape::Kind::kAny:
      break;
  }
  return Json::object();
}

Json Document(const char* title, const Shape& shape) {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  schema.update(SchemaOf(shape));
  return schema;
}

}  // namespace

Json SettingsJsonSchema() { return Document("weir.yaml", SettingsShape()); }

Json JobJsonSchema() { return Document("job.yaml", JobShape()); }

Json UnitTestsJsonSchema() { return Document("tests/*.yaml", UnitTestsShape()); }

}  // namespace weir::project
