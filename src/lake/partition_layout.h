#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lake/actions.h"

namespace weir::lake {

// SQL that gives the value `column` (SQL, of the field's type) of a partition column as the log has
// it, after the protocol's "Partition Value Serialization": timestamps in UTC with a Z, so that no
// reader takes them for its own zone's. Fails for values that the log can't hold: binary ones that
// are no UTF-8, or that BinaryPartition() would take for escapes; dates and timestamps that are
// infinite or outside of the years 0001 to 9999.
std::string PartitionTextSql(const Field& field, const std::string& column);

// The bytes that the log's text of a binary partition value stands for. Spark writes the bytes as
// they are, delta-rs each as "\u00XX" (which it doesn't undo when it reads).
std::string BinaryPartition(const std::string& text);

// The value of `field` in a file's partition values, where it stands under `key`, as SQL: a text
// that gives the value when it is cast to the field's type, or NULL.
std::string PartitionLiteral(const Field& field, std::string_view key, const AddFile& file);

// SQL that gives one spelling of equal partition values: '' as null, -0.0 as 0.0.
std::string PartitionValueSql(const Field& field, const std::string& column);

// The folder of a partition below the table's, "p=a%20b/q=3/", "" without partition columns. For
// people only: what counts is the log, so long values are cut.
std::string PartitionFolder(const std::vector<std::string>& columns, const PartitionValues& values);

}  // namespace weir::lake
