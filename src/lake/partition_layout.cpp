#include "lake/partition_layout.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "base/hashing.h"
#include "base/percent.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

// The longest part of a folder's name, in bytes; file systems allow 255 in all.
constexpr std::size_t kLongest = 100;

// Long texts end in a hash of the whole.
std::string FolderText(const std::string& text) {
  std::string encoded = PercentEncode(text);
  if (encoded.size() <= kLongest) {
    return encoded;
  }
  std::size_t end = kLongest;
  while (encoded.find('%', end - 2) < end) {
    --end;
  }
  constexpr std::size_t kHashDigits = 16;
  return encoded.substr(0, end) + "~" + ToHex(HashOf(text)).substr(0, kHashDigits);
}

// One byte as delta-rs writes it.
constexpr std::string_view kEscape = "\\u00";
constexpr std::size_t kEscapeSize = 6;

// SQL for a binary value as its bytes stand; what reads back as other bytes is refused.
std::string BinaryTextSql(const std::string& column) {
  return fmt::format(R"(CASE WHEN regexp_full_match(decode({0}), '(\\u00[0-9A-Fa-f]{{2}})+') )"
                     "THEN error('a binary partition value can''t be ' || decode({0}) || "
                     "', which stands for other bytes in a Delta log') ELSE decode({0}) END",
                     column);
}

// SQL for `text` if `inside`, a condition on `column`, holds; fails for values of years that the
// log's four digits can't write, and for the infinite ones.
std::string FourDigitYearSql(const Field& field, const std::string& column, std::string_view inside,
                             std::string_view text) {
  const std::string message = fmt::format(
      "partition column \"{}\" can't hold a {} outside of the years 0001 to 9999: ", field.name,
      ToText(field.type));
  return fmt::format(
      "CASE WHEN {0} IS NULL THEN NULL WHEN {1} THEN {2} ELSE error({3} || CAST({0} AS VARCHAR)) "
      "END",
      column, inside, text, sql::QuoteText(message));
}

std::string TimePartitionSql(const Field& field, const std::string& column,
                             std::string_view format) {
  constexpr std::int64_t kFirst = -62'135'596'800'000'000;         // 0001-01-01
  constexpr std::int64_t kLast = 253'402'300'799'999'999;          // the end of 9999-12-31
  const std::string micros = fmt::format("epoch_us({})", column);  // null of infinite ones
  return FourDigitYearSql(field, column, fmt::format("{} BETWEEN {} AND {}", micros, kFirst, kLast),
                          fmt::format("strftime(make_timestamp({}), '{}')", micros, format));
}

}  // namespace

std::string PartitionTextSql(const Field& field, const std::string& column) {
  switch (field.type.kind) {
    case TypeKind::kTimestamp:
      return TimePartitionSql(field, column, "%Y-%m-%dT%H:%M:%S.%fZ");
    case TypeKind::kTimestampNtz:
      return TimePartitionSql(field, column, "%Y-%m-%d %H:%M:%S.%f");
    case TypeKind::kDate:
      return FourDigitYearSql(
          field, column, fmt::format("{} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'", column),
          fmt::format("CAST({} AS VARCHAR)", column));
    case TypeKind::kBinary:
      return BinaryTextSql(column);
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return fmt::format(
          "CASE WHEN isnan({0}) THEN 'NaN' WHEN isinf({0}) THEN if({0} > 0, 'Infinity', "
          "'-Infinity') ELSE CAST({0} AS VARCHAR) END",
          column);
    default:
      return fmt::format("CAST({} AS VARCHAR)", column);
  }
}

std::string BinaryPartition(const std::string& text) {
  std::string bytes;
  for (std::size_t start = 0; start < text.size(); start += kEscapeSize) {
    const std::string_view escape = std::string_view(text).substr(start, kEscapeSize);
    std::uint8_t byte = 0;
    const char* const end = escape.data() + escape.size();
    if (escape.size() != kEscapeSize || !escape.starts_with(kEscape) ||
        std::from_chars(end - 2, end, byte, 16).ptr != end) {
      return text;
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::string PartitionLiteral(const Field& field, std::string_view key, const AddFile& file) {
  const auto found = std::ranges::find_if(
      file.partition_values, [&](const auto& entry) { return SameName(entry.first, key); });
  const auto text = found == file.partition_values.end() ? std::nullopt : found->second;
  if (!text) {
    return "NULL";
  }
  // NaN and infinities stand in the log as Java writes them, which DuckDB reads as well.
  if (field.type.kind != TypeKind::kBinary) {
    return sql::QuoteText(*text);
  }
  std::string escaped;
  for (const char byte : BinaryPartition(*text)) {
    escaped += fmt::format("\\x{:02X}", static_cast<unsigned char>(byte));
  }
  return sql::QuoteText(escaped);
}

std::string PartitionValueSql(const Field& field, const std::string& column) {
  switch (field.type.kind) {
    case TypeKind::kString:
      return fmt::format("nullif({}, '')", column);
    case TypeKind::kBinary:
      return fmt::format("nullif({}, CAST('' AS BLOB))", column);
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return fmt::format("if({0} = 0, 0, {0})", column);
    default:
      return column;
  }
}

std::string PartitionFolder(const std::vector<std::string>& columns,
                            const PartitionValues& values) {
  std::string folder;
  for (const std::string& column : columns) {
    const auto& value = values.at(column);
    folder += FolderText(column) + "=" +
              (value ? FolderText(*value) : "__HIVE_DEFAULT_PARTITION__") + "/";
  }
  return folder;
}

}  // namespace weir::lake
