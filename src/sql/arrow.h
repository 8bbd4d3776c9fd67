#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/batch.h"
#include "sql/duckdb_handles.h"
#include "sql/types.h"

namespace weir::sql {

// The Arrow schema of batches with these columns: a struct, one child a column.
OwnedArrowSchema ToArrowSchema(duckdb_arrow_options options,
                               const std::vector<ResultColumn>& columns);

// A copy of the chunk's rows.
Batch ToBatch(duckdb_arrow_options options, duckdb_data_chunk chunk);

// Rows [first, first + count) of one column as a record batch of that column, without copying its
// values; it keeps `batch` alive until it is released.
Batch SliceColumn(const std::shared_ptr<const Batch>& batch, std::size_t column, std::int64_t first,
                  std::int64_t count);

}  // namespace weir::sql
