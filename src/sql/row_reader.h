#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sql/vector_view.h"

namespace weir::sql {

// Rows of one chunk, column by column.
struct RowBlock {
  OwnedDataChunk chunk;
  std::size_t num_rows = 0;  // 0: the result has ended
  std::vector<VectorView> columns;
};

// Reads a result in blocks of rows. `result` must outlive the reader, the reader its blocks.
class RowReader {
 public:
  explicit RowReader(Result& result);

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<TypeShape>& shapes() const { return shapes_; }
  // Throws what the query throws.
  RowBlock Next();

 private:
  ChunkReader chunks_;
  std::vector<std::string> names_;
  std::vector<TypeShape> shapes_;
};

}  // namespace weir::sql
