#include "connectors/postgres/copy_text.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sql/quote.h"

namespace weir::connectors {
namespace {

bool IsArray(const DataType& type) {
  return type.kind == TypeKind::kArray && !type.children.front().type.IsNested();
}

std::string Joined(const std::vector<std::string>& parts, const char* between) {
  return fmt::to_string(fmt::join(parts, between));
}

// Every piece of these expressions is bracketed by whoever writes it.
std::string Text(const std::string& value) { return fmt::format("CAST({} AS VARCHAR)", value); }

// As PostgreSQL reads it, not yet escaped for COPY. `value` isn't null.
std::string Scalar(const std::string& value, TypeKind kind) {
  switch (kind) {
    case TypeKind::kBinary:
      return fmt::format("concat('\\x', hex({}))", value);
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:  // "0044-03-15 (BC)", "0044-03-15 (BC) 01:02:03"
      return fmt::format(
          "CASE WHEN contains({0}, ' (BC)') THEN concat(replace({0}, ' (BC)', ''), ' BC') ELSE {0} "
          "END",
          Text(value));
    default:
      return Text(value);
  }
}

std::string JsonText(const std::string& value) {
  return fmt::format("CAST(to_json({}) AS VARCHAR)", value);
}

// JSON of values; `depth` keeps the names of lambdas apart.
class JsonWriter {
 public:
  std::string Write(const std::string& value, const DataType& type) {
    return fmt::format("coalesce({}, 'null')", WriteValue(value, type));
  }

 private:
  std::string WriteValue(const std::string& value, const DataType& type) {
    switch (type.kind) {
      case TypeKind::kBoolean:
      case TypeKind::kByte:
      case TypeKind::kShort:
      case TypeKind::kInteger:
      case TypeKind::kLong:
      case TypeKind::kDecimal:
        return Text(value);
      case TypeKind::kFloat:
      case TypeKind::kDouble:
        return fmt::format("CASE WHEN isfinite({0}) THEN {1} ELSE {2} END", value, Text(value),
                           JsonText(Text(value)));
      case TypeKind::kString:
        return JsonText(value);
      case TypeKind::kBinary:
        return JsonText(fmt::format("lower(hex({}))", value));
      case TypeKind::kArray:
        return List(value, type.children.front().type);
      case TypeKind::kMap:
        return Map(value, type);
      case TypeKind::kStruct:
        return Struct(value, type);
      default:
        return JsonText(Text(value));
    }
  }

  std::string List(const std::string& value, const DataType& element) {
    const std::string name = fmt::format("e{}", depth_++);
    return fmt::format(
        "CASE WHEN {0} IS NOT NULL THEN concat('[', array_to_string(list_transform({0}, lambda "
        "{1}: {2}), ','), ']') END",
        value, name, Write(name, element));
  }

  // Keys that are texts: an object; else a list of {"key": …, "value": …}.
  std::string Map(const std::string& value, const DataType& type) {
    const bool is_object = type.children[0].type.kind == TypeKind::kString;
    const std::string name = fmt::format("e{}", depth_++);
    const std::string key = Write(name + ".key", type.children[0].type);
    const std::string part = Write(name + ".value", type.children[1].type);
    const std::string entry =
        is_object ? fmt::format("concat({}, ':', {})", key, part)
                  : fmt::format("concat('{{\"key\":', {}, ',\"value\":', {}, '}}')", key, part);
    return fmt::format(
        "CASE WHEN {0} IS NOT NULL THEN concat('{1}', array_to_string(list_transform(map_entries("
        "{0}), lambda {2}: {3}), ','), '{4}') END",
        value, is_object ? '{' : '[', name, entry, is_object ? '}' : ']');
  }

  std::string Struct(const std::string& value, const DataType& type) {
    std::vector<std::string> parts;
    parts.reserve(type.children.size());
    for (const Field& field : type.children) {
      parts.push_back(
          fmt::format("{}, ':', {}", JsonText(sql::QuoteText(field.name)),
                      Write(fmt::format("{}.{}", value, sql::QuoteName(field.name)), field.type)));
    }
    return fmt::format("CASE WHEN {} IS NOT NULL THEN concat('{{', {}, '}}') END", value,
                       Joined(parts, ", ',', "));
  }

  int depth_ = 0;
};

// {"a","b",NULL}
std::string Array(const std::string& value, TypeKind element) {
  return fmt::format(
      "concat('{{', array_to_string(list_transform({}, lambda e: CASE WHEN e IS NULL THEN 'NULL' "
      "ELSE concat('\"', replace(replace({}, '\\', '\\\\'), '\"', '\\\"'), '\"') END), ','), '}}')",
      value, Scalar("e", element));
}

std::string Escaped(const std::string& text) {
  return fmt::format(
      "replace(replace(replace(replace({}, '\\', '\\\\'), chr(9), '\\t'), chr(10), '\\n'), "
      "chr(13), '\\r')",
      text);
}

std::string Cell(const Field& field) {
  const std::string name = sql::QuoteName(field.name);
  std::string text;
  if (IsArray(field.type)) {
    text = Array(name, field.type.children.front().type.kind);
  } else if (field.type.IsNested()) {
    text = JsonWriter().Write(name, field.type);
  } else {
    text = Scalar(name, field.type.kind);
  }
  return fmt::format("CASE WHEN {} IS NULL THEN '\\N' ELSE {} END", name, Escaped(text));
}

}  // namespace

std::string PostgresType(const DataType& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return "boolean";
    case TypeKind::kByte:
    case TypeKind::kShort:
      return "smallint";
    case TypeKind::kInteger:
      return "integer";
    case TypeKind::kLong:
      return "bigint";
    case TypeKind::kFloat:
      return "real";
    case TypeKind::kDouble:
      return "double precision";
    case TypeKind::kDecimal:
      return fmt::format("numeric({},{})", type.precision, type.scale);
    case TypeKind::kString:
      return "text";
    case TypeKind::kBinary:
      return "bytea";
    case TypeKind::kDate:
      return "date";
    case TypeKind::kTimestamp:
      return "timestamptz";
    case TypeKind::kTimestampNtz:
      return "timestamp";
    case TypeKind::kArray:
      return IsArray(type) ? PostgresType(type.children.front().type) + "[]" : "jsonb";
    case TypeKind::kMap:
    case TypeKind::kStruct:
      return "jsonb";
  }
  return "text";
}

std::string CopyLine(const Schema& schema) {
  std::vector<std::string> cells;
  cells.reserve(schema.fields.size());
  for (const Field& field : schema.fields) {
    cells.push_back(Cell(field));
  }
  return fmt::format("concat({}, chr(10)) AS line", Joined(cells, ", chr(9), "));
}

}  // namespace weir::connectors
