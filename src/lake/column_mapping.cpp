#include "lake/column_mapping.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace weir::lake {
namespace {

void RenamePhysically(std::vector<Field>& fields) {
  for (Field& field : fields) {
    field.name = PhysicalName(field);
    RenamePhysically(field.type.children);
  }
}

}  // namespace

ColumnMapping ColumnMappingOf(const Metadata& metadata) {
  const auto mode = metadata.configuration.find("delta.columnMapping.mode");
  if (mode == metadata.configuration.end() || mode->second == "none") {
    return ColumnMapping::kNone;
  }
  return mode->second == "id" ? ColumnMapping::kId : ColumnMapping::kName;
}

std::string PhysicalName(const Field& field) {
  constexpr auto kKey = "delta.columnMapping.physicalName";
  const auto metadata = nlohmann::json::parse(field.metadata, nullptr, false);
  const bool is_given =
      metadata.is_object() && metadata.contains(kKey) && metadata[kKey].is_string();
  return is_given ? metadata[kKey].get<std::string>() : field.name;
}

Metadata PhysicalMetadata(const Metadata& metadata) {
  Metadata physical = metadata;
  if (ColumnMappingOf(metadata) == ColumnMapping::kNone) {
    return physical;
  }
  for (std::string& column : physical.partition_columns) {
    if (const Field* const field = metadata.schema.Find(column)) {
      column = PhysicalName(*field);
    }
  }
  RenamePhysically(physical.schema.fields);
  return physical;
}

PartitionValues LogicalPartition(const Metadata& metadata, const PartitionValues& values) {
  if (ColumnMappingOf(metadata) == ColumnMapping::kNone) {
    return values;
  }
  PartitionValues logical;
  for (const auto& [key, value] : values) {
    const auto field = std::ranges::find(metadata.schema.fields, key,
                                         [](const Field& f) { return PhysicalName(f); });
    logical[field == metadata.schema.fields.end() ? key : field->name] = value;
  }
  return logical;
}

}  // namespace weir::lake
