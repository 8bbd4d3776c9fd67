#pragma once

#include <cstdint>
#include <string>

#include "lake/actions.h"

// The protocol's "Column Mapping": a column's name in files, statistics and partition values may
// differ from the one that people see. Pure functions; any thread.
namespace weir::lake {

enum class ColumnMapping : std::uint8_t {
  kNone,
  kName,  // files have the columns under their physical names
  kId,    // files have the columns under any names; their field ids count
};

ColumnMapping ColumnMappingOf(const Metadata& metadata);

// The column's name in statistics and partition values; its own where it isn't mapped.
std::string PhysicalName(const Field& field);

// The same columns, fields of structs and partition columns under their physical names; `metadata`
// itself where none is mapped.
Metadata PhysicalMetadata(const Metadata& metadata);

// A file's partition values by the names that people see.
PartitionValues LogicalPartition(const Metadata& metadata, const PartitionValues& values);

}  // namespace weir::lake
