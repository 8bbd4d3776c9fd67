#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/int128.h"
#include "sql/duckdb_handles.h"

namespace weir::sql {

// A type taken apart once, so that walking over its vectors asks the C API nothing.
struct TypeShape {
  OwnedLogicalType type;
  duckdb_type id = DUCKDB_TYPE_INVALID;
  duckdb_type stored = DUCKDB_TYPE_INVALID;  // the integers that hold a decimal or an enum
  int scale = 0;                             // of decimals
  std::size_t array_size = 0;                // of fixed-size arrays
  std::vector<std::string> names;            // of a struct's fields, an enum's values
  std::vector<TypeShape> parts;  // list or array: element; map: key, value; struct: fields
};

TypeShape ShapeOf(OwnedLogicalType type);

// A flat vector of a chunk and its parts. Borrows the chunk's memory and the shape. (Vectors that
// the C API hands out are flat, their parts too.)
struct VectorView {
  const TypeShape* shape = nullptr;
  duckdb_vector vector = nullptr;
  const void* data = nullptr;
  const std::uint64_t* validity = nullptr;  // null: no nulls
  std::vector<VectorView> parts;            // as the shape's

  bool IsNull(std::size_t row) const {
    return validity != nullptr && ((validity[row / 64] >> (row % 64)) & 1U) == 0;
  }

  template <typename T>
  const T& At(std::size_t row) const {
    return static_cast<const T*>(data)[row];
  }

  // Of VARCHAR, BLOB and other types of bytes. The view is as long-lived as the chunk.
  std::string_view BytesAt(std::size_t row) const {
    const auto& bytes = At<duckdb_string_t>(row);
    const bool is_inlined = bytes.value.inlined.length <= sizeof(bytes.value.inlined.inlined);
    return {is_inlined ? bytes.value.inlined.inlined : bytes.value.pointer.ptr,
            bytes.value.inlined.length};
  }
  // The unscaled number of a decimal.
  Int128 DecimalAt(std::size_t row) const;
  // Where the elements of a list, array or map are in its parts.
  duckdb_list_entry EntryAt(std::size_t row) const;
  // The text of an enum's value.
  std::string_view EnumAt(std::size_t row) const;
};

VectorView ViewOf(duckdb_vector vector, const TypeShape& shape);

inline Int128 ToInt128(const duckdb_hugeint& number) {
  return Int128{number.upper} * (Int128{1} << 64) + number.lower;
}

inline UnsignedInt128 ToUnsignedInt128(const duckdb_uhugeint& number) {
  return (UnsignedInt128{number.upper} << 64) + number.lower;
}

}  // namespace weir::sql
