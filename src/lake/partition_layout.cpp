#include "lake/partition_layout.h"

#include <fmt/format.h>

#include "base/hashing.h"
#include "base/percent.h"

namespace weir::lake {
namespace {

// The longest part of a folder's name, in bytes; file systems allow 255 in all.
constexpr std::size_t kLongest = 100;

// Long texts end in a hash of the whole.
std::string FolderText(const std::string& text) {
  const std::string encoded = PercentEncode(text);
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

}  // namespace

std::string PartitionTextSql(const Field& field, const std::string& column) {
  switch (field.type.kind) {
    case TypeKind::kTimestamp:
      return fmt::format("strftime(make_timestamp(epoch_us({})), '%Y-%m-%dT%H:%M:%S.%fZ')", column);
    case TypeKind::kTimestampNtz:
      return fmt::format("strftime({}, '%Y-%m-%d %H:%M:%S.%f')", column);
    case TypeKind::kBinary:
      return fmt::format("decode({})", column);
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
