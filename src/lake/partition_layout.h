#pragma once

#include <string>
#include <vector>

#include "lake/actions.h"

namespace weir::lake {

// SQL that gives the value `column` (SQL, of the field's type) of a partition column as the log has
// it, after the protocol's "Partition Value Serialization": timestamps in UTC with a Z, so that no
// reader takes them for its own zone's. Fails for binary values that are no UTF-8, which the log
// can't hold.
std::string PartitionTextSql(const Field& field, const std::string& column);

// SQL that gives one spelling of equal partition values: '' as null, -0.0 as 0.0.
std::string PartitionValueSql(const Field& field, const std::string& column);

// The folder of a partition below the table's, "p=a%20b/q=3/", "" without partition columns. For
// people only: what counts is the log, so long values are cut.
std::string PartitionFolder(const std::vector<std::string>& columns, const PartitionValues& values);

}  // namespace weir::lake
