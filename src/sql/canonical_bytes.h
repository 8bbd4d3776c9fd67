#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sql/vector_view.h"

namespace weir::sql {

// Writes values as the bytes that docs/fingerprint.md defines: equal values of equal types have
// equal bytes, in whatever engine, chunk or column order they came.
class CanonicalWriter {
 public:
  // Throws UserError for a type that tables can't hold. `shape` must outlive the writer.
  explicit CanonicalWriter(const TypeShape& shape);

  // `view` has the writer's shape.
  void Append(const VectorView& view, std::size_t row, std::string& out) const;

 private:
  void AppendList(const VectorView& view, std::size_t row, std::string& out) const;
  void AppendMap(const VectorView& view, std::size_t row, std::string& out) const;
  void AppendStruct(const VectorView& view, std::size_t row, std::string& out) const;

  duckdb_type id_;
  int scale_;
  std::vector<CanonicalWriter> parts_;  // as the shape's
  std::vector<std::size_t> order_;      // of a struct's fields
  std::vector<std::string> names_;      // of a struct's fields, as they are written
};

}  // namespace weir::sql
