#pragma once

#include <cstdint>
#include <string_view>

#include "data/batch.h"

// Single cells of a batch's columns, where a row at a time is fast enough. No bounds are checked.
namespace weir {

// Of a column of 64-bit integers or timestamps: a value that isn't null.
inline std::int64_t IntegerAt(const ArrowArray& column, std::int64_t row) {
  return static_cast<const std::int64_t*>(column.buffers[1])[column.offset + row];
}

// Of a column of doubles: a value that isn't null.
inline double DoubleAt(const ArrowArray& column, std::int64_t row) {
  return static_cast<const double*>(column.buffers[1])[column.offset + row];
}

// Of a text or binary column: the bytes of a value that isn't null. They live as long as the batch.
inline std::string_view BytesAt(const ArrowArray& column, std::int64_t row) {
  const auto* offsets = static_cast<const std::int32_t*>(column.buffers[1]) + column.offset + row;
  const auto* bytes = static_cast<const char*>(column.buffers[2]);
  return {bytes + offsets[0], static_cast<std::size_t>(offsets[1] - offsets[0])};
}

// Of a column of any type.
inline bool IsNullAt(const ArrowArray& column, std::int64_t row) {
  const auto* bits = static_cast<const std::uint8_t*>(column.buffers[0]);
  const std::int64_t at = column.offset + row;
  return bits != nullptr && (bits[at / 8] >> (at % 8) & 1) == 0;
}

}  // namespace weir
