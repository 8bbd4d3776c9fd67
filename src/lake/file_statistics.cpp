#include "lake/file_statistics.h"

#include <functional>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

std::string JsonText(const std::string& text) { return nlohmann::json(text).dump(); }

// The end of the first `count` characters of UTF-8 text, or its size if it has no more.
std::size_t PrefixEnd(const std::string& text, std::size_t count) {
  std::size_t end = 0;
  while (end < text.size() && count > 0) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
      ++end;
    }
    --count;
  }
  return end;
}

std::optional<std::string> StringBound(const std::string& text, bool is_max) {
  constexpr std::size_t kCharacters = 32;
  constexpr std::string_view kLastCharacter = "\xF4\x8F\xBF\xBF";  // U+10FFFF
  const std::size_t end = PrefixEnd(text, kCharacters);
  if (end == text.size()) {
    return JsonText(text);
  }
  if (!is_max) {
    return JsonText(text.substr(0, end));
  }
  if (std::string_view(text).substr(end).starts_with(kLastCharacter)) {
    return std::nullopt;
  }
  return JsonText(text.substr(0, end) + std::string(kLastCharacter));
}

std::optional<std::string> FloatBound(const std::string& text, bool is_max) {
  if (text.find_first_not_of("0123456789.eE+-") != std::string::npos) {
    return std::nullopt;  // infinities are no JSON numbers
  }
  if (text == "-0.0" || text == "0.0") {
    return is_max ? "0.0" : "-0.0";
  }
  return text;
}

std::optional<std::string> TimestampBound(const std::string& text, bool is_max) {
  const auto time = ParseTimestamp(text);
  return time ? std::optional(JsonText(FormatTimestampMillis(*time, is_max))) : std::nullopt;
}

// A bound as a JSON value; nothing where the protocol or its readers have none for the type.
std::optional<std::string> BoundJson(const DataType& type, const std::string& text, bool is_max) {
  switch (type.kind) {
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong:
    case TypeKind::kDecimal:
      return text;
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return FloatBound(text, is_max);
    case TypeKind::kString:
      return StringBound(text, is_max);
    case TypeKind::kDate:
      return ParseDate(text) ? std::optional(JsonText(text)) : std::nullopt;
    case TypeKind::kTimestamp:
      return TimestampBound(text, is_max);
    default:
      return std::nullopt;
  }
}

using LeafJson =
    std::function<std::optional<std::string>(const DataType& type, const WrittenColumn& column)>;

// The nested object of what `leaf` says of each of the first `left` leaves.
std::string ObjectJson(const std::vector<Field>& fields, const std::string& parent,
                       const WrittenColumns& columns, const LeafJson& leaf, int& left) {
  std::string object;
  const auto append = [&object](const std::string& name, const std::string& value) {
    object += (object.empty() ? "" : ",") + JsonText(name) + ":" + value;
  };
  for (const Field& field : fields) {
    const std::string name = parent + sql::QuoteName(field.name);
    if (field.type.kind == TypeKind::kStruct) {
      const std::string inner = ObjectJson(field.type.children, name + ".", columns, leaf, left);
      if (inner != "{}") {
        append(field.name, inner);
      }
      continue;
    }
    const auto column = columns.find(name);
    if (left-- == 0) {
      left = 0;
      break;
    }
    if (column == columns.end()) {
      continue;
    }
    if (const auto value = leaf(field.type, column->second)) {
      append(field.name, *value);
    }
  }
  return "{" + object + "}";
}

}  // namespace

std::string StatisticsJson(const Schema& schema, const WrittenColumns& columns,
                           std::int64_t num_rows, int num_indexed) {
  const auto object = [&](const LeafJson& leaf) {
    int left = num_indexed < 0 ? std::numeric_limits<int>::max() : num_indexed;
    return ObjectJson(schema.fields, "", columns, leaf, left);
  };
  const std::string mins = object([](const DataType& type, const WrittenColumn& column) {
    return column.min ? BoundJson(type, *column.min, false) : std::nullopt;
  });
  const std::string maxes = object([](const DataType& type, const WrittenColumn& column) {
    return column.max && !column.has_nan ? BoundJson(type, *column.max, true) : std::nullopt;
  });
  const std::string nulls = object([](const DataType&, const WrittenColumn& column) {
    return column.null_count ? std::optional(std::to_string(*column.null_count)) : std::nullopt;
  });
  return fmt::format(R"({{"numRecords":{},"minValues":{},"maxValues":{},"nullCount":{}}})",
                     num_rows, mins, maxes, nulls);
}

}  // namespace weir::lake
