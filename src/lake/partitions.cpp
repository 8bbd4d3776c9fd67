#include "lake/partitions.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "lake/partition_layout.h"

namespace weir::lake {
namespace {

// "1.50" → "1.5", "+007" → "7": one spelling of a number without exponent.
std::string CanonicalNumber(std::string text) {
  const bool is_negative = text.starts_with('-');
  text.erase(0, is_negative || text.starts_with('+') ? 1 : 0);
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    text.erase(text.find_last_not_of('.') + 1);
  }
  const std::string digits = text.empty() || text.front() == '.' ? "0" + text : text;
  return is_negative && digits != "0" ? "-" + digits : digits;
}

bool IsExactNumber(TypeKind kind) {
  return kind == TypeKind::kByte || kind == TypeKind::kShort || kind == TypeKind::kInteger ||
         kind == TypeKind::kLong || kind == TypeKind::kDecimal;
}

std::string CanonicalText(const DataType& type, const std::string& text) {
  if (type.kind == TypeKind::kTimestamp || type.kind == TypeKind::kTimestampNtz) {
    const auto time = ParseTimestamp(text);
    return time ? std::to_string(*time) : text;
  }
  if (type.kind == TypeKind::kBinary) {
    return BinaryPartition(text);
  }
  return IsExactNumber(type.kind) ? CanonicalNumber(text) : text;
}

const Field& PartitionColumn(const Metadata& metadata, const std::string& name) {
  const Field* const column = metadata.schema.Find(name);
  if (column == nullptr || !metadata.IsPartitionColumn(name)) {
    throw UserError("\"{}\" is not a partition column; the table has ({})", name,
                    fmt::join(metadata.partition_columns, ", "));
  }
  return *column;
}

}  // namespace

Constant PartitionConstant(const Field& column, const std::string& text) {
  Constant constant{.type = column.type, .text = CanonicalText(column.type, text)};
  const bool is_text =
      column.type.kind == TypeKind::kString || column.type.kind == TypeKind::kBinary;
  if (!is_text && !Compare(constant, constant)) {
    throw UserError("'{}' is no value of partition column \"{}\" of type {}", text, column.name,
                    ToText(column.type));
  }
  return constant;
}

PartitionValues CanonicalPartition(const Metadata& metadata, const PartitionValues& values) {
  PartitionValues canonical;
  for (const auto& [name, value] : values) {
    const Field& column = PartitionColumn(metadata, name);
    const bool is_null = !value || (value->empty() && column.type.kind == TypeKind::kString);
    canonical[column.name] =
        is_null ? std::nullopt : std::optional(PartitionConstant(column, *value).text);
  }
  return canonical;
}

Predicate PartitionPredicate(const Metadata& metadata, const PartitionValues& values) {
  std::vector<Predicate> parts;
  for (const auto& [name, value] : values) {
    const Field& column = PartitionColumn(metadata, name);
    Predicate part{.kind = Predicate::Kind::kIsNull, .path = {column.name}};
    if (value) {
      part.kind = Predicate::Kind::kCompare;
      part.constants = {PartitionConstant(column, *value)};
    }
    parts.push_back(std::move(part));
  }
  return AllOf(std::move(parts));
}

std::string PartitionText(const PartitionValues& values) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : values) {
    parts.push_back(fmt::format("{} = {}", name, value.value_or("null")));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace weir::lake
