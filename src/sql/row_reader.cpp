#include "sql/row_reader.h"

#include <utility>

#include "sql/types.h"

namespace weir::sql {

RowReader::RowReader(Result& result) : chunks_(result), names_(result.column_names()) {
  for (std::size_t column = 0; column < chunks_.num_columns(); ++column) {
    shapes_.push_back(ShapeOf(CopyOf(chunks_.column_type(column))));
  }
}

RowBlock RowReader::Next() {
  RowBlock block{.chunk = chunks_.Next(), .columns = {}};
  if (block.chunk) {
    block.num_rows = duckdb_data_chunk_get_size(block.chunk.get());
    for (std::size_t column = 0; column < shapes_.size(); ++column) {
      block.columns.push_back(
          ViewOf(duckdb_data_chunk_get_vector(block.chunk.get(), column), shapes_[column]));
    }
  }
  return block;
}

}  // namespace weir::sql
