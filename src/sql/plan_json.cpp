#include "sql/plan_json.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/int128.h"

namespace weir::sql {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 3> kBareNumbers{"-Infinity", "Infinity", "NaN"};

// The bare number that `text` begins with, or an empty text.
std::string_view BareNumberAt(std::string_view text) {
  for (const std::string_view number : kBareNumbers) {
    if (text.starts_with(number)) {
      return number;
    }
  }
  return {};
}

// The length of a JSON text in quotes at the front.
std::size_t QuotedLength(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && text[end] != '"') {
    end += text[end] == '\\' ? 2 : 1;
  }
  return std::min(end + 1, text.size());
}

std::string QuoteBareNumbers(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size());
  while (!text.empty()) {
    const std::string_view number = BareNumberAt(text);
    const std::size_t length = !number.empty()       ? number.size()
                               : text.front() == '"' ? QuotedLength(text)
                                                     : 1;
    const std::string_view part = text.substr(0, length);
    quoted += number.empty() ? std::string(part) : fmt::format("\"{}\"", part);
    text.remove_prefix(length);
  }
  return quoted;
}

constexpr std::array<std::pair<std::string_view, TypeKind>, 11> kPrimitives{{
    {"BOOLEAN", TypeKind::kBoolean},
    {"TINYINT", TypeKind::kByte},
    {"SMALLINT", TypeKind::kShort},
    {"INTEGER", TypeKind::kInteger},
    {"BIGINT", TypeKind::kLong},
    {"FLOAT", TypeKind::kFloat},
    {"DOUBLE", TypeKind::kDouble},
    {"VARCHAR", TypeKind::kString},
    {"BLOB", TypeKind::kBinary},
    {"DATE", TypeKind::kDate},
    {"TIMESTAMP WITH TIME ZONE", TypeKind::kTimestamp},
}};

// Integers up to 64 bits are numbers, larger ones their two halves.
std::optional<Int128> ReadInteger(const Json& value) {
  if (value.is_number_unsigned()) {
    return value.get<std::uint64_t>();
  }
  if (value.is_number_integer()) {
    return value.get<std::int64_t>();
  }
  if (!value.is_object() || !value.contains("upper") || !value.contains("lower")) {
    return std::nullopt;
  }
  const auto upper = value["upper"].get<std::int64_t>();
  return Int128{upper} * (Int128{1} << 64) + value["lower"].get<std::uint64_t>();
}

std::optional<std::string> DateText(const Json& value) {
  const auto days = ReadInteger(value);
  const bool fits = days && *days >= std::numeric_limits<std::int32_t>::min() &&
                    *days <= std::numeric_limits<std::int32_t>::max();
  return fits ? std::optional(FormatDate(static_cast<std::int32_t>(*days))) : std::nullopt;
}

std::optional<double> ReadDouble(const Json& value) {
  if (value == "NaN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (value == "Infinity" || value == "-Infinity") {
    const double infinity = std::numeric_limits<double>::infinity();
    return value == "Infinity" ? infinity : -infinity;
  }
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

// A float's own shortest text, which is shorter than that of the same double.
std::optional<std::string> FloatingText(TypeKind kind, const Json& value) {
  const auto number = ReadDouble(value);
  if (!number) {
    return std::nullopt;
  }
  return kind == TypeKind::kFloat ? fmt::format("{}", static_cast<float>(*number))
                                  : fmt::format("{}", *number);
}

std::optional<std::string> IntegerText(const Json& value, int scale) {
  const auto number = ReadInteger(value);
  return number ? std::optional(DecimalText(*number, scale)) : std::nullopt;
}

// Undoes the "\x0A" of DuckDB's blobs as texts.
std::string BlobBytes(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    unsigned byte = static_cast<unsigned char>(text.front());
    const bool escaped = text.starts_with("\\x") && text.size() >= 4;
    if (escaped) {
      std::from_chars(text.data() + 2, text.data() + 4, byte, 16);
    }
    bytes += static_cast<char>(byte);
    text.remove_prefix(escaped ? 4 : 1);
  }
  return bytes;
}

std::optional<std::string> ConstantText(const DataType& type, const Json& value) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return value.is_boolean() ? std::optional(value.dump()) : std::nullopt;
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return FloatingText(type.kind, value);
    case TypeKind::kDate:
      return DateText(value);
    case TypeKind::kString:
      return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
    case TypeKind::kBinary:
      return value.is_string() ? std::optional(BlobBytes(value.get<std::string>())) : std::nullopt;
    default:
      return IntegerText(value, type.scale);
  }
}

}  // namespace

Json ParsePlan(std::string_view text) {
  return Json::parse(QuoteBareNumbers(text), nullptr, false);
}

std::optional<DataType> PlanType(const Json& type) {
  const std::string id = type.value("id", "");
  const Json info = type.value("type_info", Json());
  if (id == "DECIMAL" && info.is_object()) {
    return DecimalOf(info.value("width", 0), info.value("scale", 0));
  }
  if (!info.is_null()) {
    return std::nullopt;
  }
  if (id == "HUGEINT") {
    return DecimalOf(38, 0);
  }
  if (id == "TIMESTAMP") {
    return DataType{.kind = TypeKind::kTimestampNtz, .children = {}};
  }
  const auto* found =
      std::ranges::find(kPrimitives, id, [](const auto& entry) { return entry.first; });
  return found == kPrimitives.end()
             ? std::nullopt
             : std::optional(DataType{.kind = found->second, .children = {}});
}

const Json* PlanFieldType(const Json& type, std::string_view field) {
  if (type.value("id", "") != "STRUCT" || !type.contains("type_info")) {
    return nullptr;
  }
  const Json& info = type["type_info"];
  if (!info.is_object() || !info.contains("child_types")) {
    return nullptr;
  }
  for (const Json& child : info["child_types"]) {
    if (SameName(child.value("first", ""), field)) {
      return &child["second"];
    }
  }
  return nullptr;
}

std::optional<Constant> PlanConstant(const Json& value) {
  const auto type = PlanType(value.value("type", Json::object()));
  if (!type || value.value("is_null", true) || !value.contains("value")) {
    return std::nullopt;
  }
  auto text = ConstantText(*type, value["value"]);
  return text ? std::optional(Constant{*type, std::move(*text)}) : std::nullopt;
}

}  // namespace weir::sql
