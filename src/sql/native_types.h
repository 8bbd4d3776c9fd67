#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "sql/duckdb_handles.h"

// Typed columns of chunks for native functions: the C++ type of a value says DuckDB's type.
namespace weir::sql {

template <typename T>
struct NativeType;

template <>
struct NativeType<bool> {
  static constexpr duckdb_type kId = DUCKDB_TYPE_BOOLEAN;
};
template <>
struct NativeType<std::int32_t> {
  static constexpr duckdb_type kId = DUCKDB_TYPE_INTEGER;
};
template <>
struct NativeType<std::int64_t> {
  static constexpr duckdb_type kId = DUCKDB_TYPE_BIGINT;
};
template <>
struct NativeType<std::uint64_t> {
  static constexpr duckdb_type kId = DUCKDB_TYPE_UBIGINT;
};
template <>
struct NativeType<float> {
  static constexpr duckdb_type kId = DUCKDB_TYPE_FLOAT;
};
template <>
struct NativeType<double> {
  static constexpr duckdb_type kId = DUCKDB_TYPE_DOUBLE;
};
template <>
struct NativeType<std::string_view> {
  static constexpr duckdb_type kId = DUCKDB_TYPE_VARCHAR;
};
template <>
struct NativeType<std::string> {
  static constexpr duckdb_type kId = DUCKDB_TYPE_VARCHAR;
};

template <typename T>
OwnedLogicalType LogicalTypeOf() {
  return OwnedLogicalType(duckdb_create_logical_type(NativeType<T>::kId));
}

// Reads a flat column. Texts are views that live as long as the chunk.
template <typename T>
class ColumnReader {
 public:
  explicit ColumnReader(duckdb_vector vector)
      : data_(duckdb_vector_get_data(vector)), validity_(duckdb_vector_get_validity(vector)) {}

  bool HasNulls() const { return validity_ != nullptr; }
  bool IsNull(idx_t row) const {
    return validity_ != nullptr && ((validity_[row / 64] >> (row % 64)) & 1U) == 0;
  }
  // Of a row that isn't null.
  T At(idx_t row) const {
    if constexpr (std::is_same_v<T, std::string_view>) {
      auto* text = static_cast<duckdb_string_t*>(data_) + row;
      return {duckdb_string_t_data(text), duckdb_string_t_length(*text)};
    } else {
      return static_cast<const T*>(data_)[row];
    }
  }

 private:
  void* data_;
  const std::uint64_t* validity_;
};

// Writes rows of a column that DuckDB gave for a function's results.
template <typename T>
class ColumnWriter {
 public:
  explicit ColumnWriter(duckdb_vector vector) : vector_(vector) {}

  void Write(idx_t row, const std::optional<T>& value) {
    if (!value) {
      duckdb_vector_ensure_validity_writable(vector_);
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector_), row);
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
      const std::string_view text(*value);
      duckdb_vector_assign_string_element_len(vector_, row, text.data(), text.size());
    } else {
      static_cast<T*>(duckdb_vector_get_data(vector_))[row] = *value;
    }
  }

 private:
  duckdb_vector vector_;
};

}  // namespace weir::sql
