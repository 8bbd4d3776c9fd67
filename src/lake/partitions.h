#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/predicate.h"
#include "lake/actions.h"

namespace weir::lake {

// A partition value as the constant that it stands for. Throws UserError naming column, value and
// type for a text that is no value of the column's type.
Constant PartitionConstant(const Field& column, const std::string& text);

// Partition values in one spelling, so that two that are equal have equal text: names as the table
// has them, timestamps in microseconds, "" of a string as null. Throws UserError for a column that
// is no partition column of the table, and as PartitionConstant.
PartitionValues CanonicalPartition(const Metadata& metadata, const PartitionValues& values);

// The rows of a partition; of canonical or other values of any of the partition columns.
Predicate PartitionPredicate(const Metadata& metadata, const PartitionValues& values);

// "ds = 2026-01-02, region = null".
std::string PartitionText(const PartitionValues& values);

}  // namespace weir::lake
