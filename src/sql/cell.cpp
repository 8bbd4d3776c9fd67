#include "sql/cell.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "sql/types.h"

namespace weir::sql {
namespace {

template <typename T>
T At(duckdb_vector vector, std::size_t row) {
  return static_cast<T*>(duckdb_vector_get_data(vector))[row];
}

bool IsNullAt(duckdb_vector vector, std::size_t row) {
  std::uint64_t* validity = duckdb_vector_get_validity(vector);
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
}

std::string_view BytesAt(duckdb_vector vector, std::size_t row) {
  auto* bytes = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector)) + row;
  return {duckdb_string_t_data(bytes), duckdb_string_t_length(*bytes)};
}

OwnedValue ValueAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row);

// The elements [first, first + count) of a vector of list or array elements, as values.
std::vector<OwnedValue> ElementsAt(duckdb_vector vector, duckdb_logical_type type,
                                   std::size_t first, std::size_t count) {
  std::vector<OwnedValue> values;
  for (std::size_t row = first; row < first + count; ++row) {
    values.push_back(ValueAt(vector, type, row));
  }
  return values;
}

std::vector<duckdb_value> Handles(const std::vector<OwnedValue>& values) {
  std::vector<duckdb_value> handles;
  std::ranges::transform(values, std::back_inserter(handles), &OwnedValue::get);
  return handles;
}

OwnedValue ListAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  const auto entry = At<duckdb_list_entry>(vector, row);
  const OwnedLogicalType element(duckdb_list_type_child_type(type));
  const auto values =
      ElementsAt(duckdb_list_vector_get_child(vector), element.get(), entry.offset, entry.length);
  return OwnedValue(duckdb_create_list_value(element.get(), Handles(values).data(), values.size()));
}

OwnedValue ArrayAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  const idx_t size = duckdb_array_type_array_size(type);
  const OwnedLogicalType element(duckdb_array_type_child_type(type));
  const auto values =
      ElementsAt(duckdb_array_vector_get_child(vector), element.get(), row * size, size);
  return OwnedValue(
      duckdb_create_array_value(element.get(), Handles(values).data(), values.size()));
}

OwnedValue MapAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  const auto entry = At<duckdb_list_entry>(vector, row);
  duckdb_vector entries = duckdb_list_vector_get_child(vector);
  const OwnedLogicalType key(duckdb_map_type_key_type(type));
  const OwnedLogicalType value(duckdb_map_type_value_type(type));
  const auto keys =
      ElementsAt(duckdb_struct_vector_get_child(entries, 0), key.get(), entry.offset, entry.length);
  const auto values = ElementsAt(duckdb_struct_vector_get_child(entries, 1), value.get(),
                                 entry.offset, entry.length);
  return OwnedValue(
      duckdb_create_map_value(type, Handles(keys).data(), Handles(values).data(), keys.size()));
}

OwnedValue StructAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  std::vector<OwnedValue> values;
  for (idx_t part = 0; part < duckdb_struct_type_child_count(type); ++part) {
    const OwnedLogicalType part_type(duckdb_struct_type_child_type(type, part));
    values.push_back(ValueAt(duckdb_struct_vector_get_child(vector, part), part_type.get(), row));
  }
  return OwnedValue(duckdb_create_struct_value(type, Handles(values).data()));
}

// A union is a struct of its tag and its members.
OwnedValue UnionAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  const auto tag = At<std::uint8_t>(duckdb_struct_vector_get_child(vector, 0), row);
  const OwnedLogicalType member(duckdb_union_type_member_type(type, tag));
  const OwnedValue value =
      ValueAt(duckdb_struct_vector_get_child(vector, tag + idx_t{1}), member.get(), row);
  return OwnedValue(duckdb_create_union_value(type, tag, value.get()));
}

std::uint64_t EnumIndexAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  switch (duckdb_enum_internal_type(type)) {
    case DUCKDB_TYPE_UTINYINT:
      return At<std::uint8_t>(vector, row);
    case DUCKDB_TYPE_USMALLINT:
      return At<std::uint16_t>(vector, row);
    default:
      return At<std::uint32_t>(vector, row);
  }
}

duckdb_hugeint Widened(std::int64_t number) {
  return {.lower = static_cast<std::uint64_t>(number), .upper = number < 0 ? -1 : 0};
}

duckdb_hugeint DecimalAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  switch (duckdb_decimal_internal_type(type)) {
    case DUCKDB_TYPE_SMALLINT:
      return Widened(At<std::int16_t>(vector, row));
    case DUCKDB_TYPE_INTEGER:
      return Widened(At<std::int32_t>(vector, row));
    case DUCKDB_TYPE_BIGINT:
      return Widened(At<std::int64_t>(vector, row));
    default:
      return At<duckdb_hugeint>(vector, row);
  }
}

// DuckDB keeps UUIDs as numbers with the highest bit flipped, so that they sort as text.
duckdb_uhugeint UuidAt(duckdb_vector vector, std::size_t row) {
  const auto stored = At<duckdb_hugeint>(vector, row);
  return {.lower = stored.lower,
          .upper = static_cast<std::uint64_t>(stored.upper) ^ (std::uint64_t{1} << 63U)};
}

duckdb_value BitAt(duckdb_vector vector, std::size_t row) {
  std::string bytes(BytesAt(vector, row));
  return duckdb_create_bit(
      {.data = reinterpret_cast<std::uint8_t*>(bytes.data()), .size = bytes.size()});
}

duckdb_value BlobAt(duckdb_vector vector, std::size_t row) {
  const std::string_view bytes = BytesAt(vector, row);
  return duckdb_create_blob(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

duckdb_value TextAt(duckdb_vector vector, std::size_t row) {
  const std::string_view text = BytesAt(vector, row);
  return duckdb_create_varchar_length(text.data(), text.size());
}

duckdb_value NumberAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_BOOLEAN:
      return duckdb_create_bool(At<bool>(vector, row));
    case DUCKDB_TYPE_TINYINT:
      return duckdb_create_int8(At<std::int8_t>(vector, row));
    case DUCKDB_TYPE_SMALLINT:
      return duckdb_create_int16(At<std::int16_t>(vector, row));
    case DUCKDB_TYPE_INTEGER:
      return duckdb_create_int32(At<std::int32_t>(vector, row));
    case DUCKDB_TYPE_BIGINT:
      return duckdb_create_int64(At<std::int64_t>(vector, row));
    case DUCKDB_TYPE_UTINYINT:
      return duckdb_create_uint8(At<std::uint8_t>(vector, row));
    case DUCKDB_TYPE_USMALLINT:
      return duckdb_create_uint16(At<std::uint16_t>(vector, row));
    case DUCKDB_TYPE_UINTEGER:
      return duckdb_create_uint32(At<std::uint32_t>(vector, row));
    case DUCKDB_TYPE_UBIGINT:
      return duckdb_create_uint64(At<std::uint64_t>(vector, row));
    case DUCKDB_TYPE_HUGEINT:
      return duckdb_create_hugeint(At<duckdb_hugeint>(vector, row));
    case DUCKDB_TYPE_UHUGEINT:
      return duckdb_create_uhugeint(At<duckdb_uhugeint>(vector, row));
    case DUCKDB_TYPE_FLOAT:
      return duckdb_create_float(At<float>(vector, row));
    case DUCKDB_TYPE_DOUBLE:
      return duckdb_create_double(At<double>(vector, row));
    case DUCKDB_TYPE_DECIMAL:
      return duckdb_create_decimal({.width = duckdb_decimal_width(type),
                                    .scale = duckdb_decimal_scale(type),
                                    .value = DecimalAt(vector, type, row)});
    default:
      return nullptr;
  }
}

duckdb_value TimeAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_DATE:
      return duckdb_create_date(At<duckdb_date>(vector, row));
    case DUCKDB_TYPE_TIME:
      return duckdb_create_time(At<duckdb_time>(vector, row));
    case DUCKDB_TYPE_TIME_NS:
      return duckdb_create_time_ns(At<duckdb_time_ns>(vector, row));
    case DUCKDB_TYPE_TIME_TZ:
      return duckdb_create_time_tz_value(At<duckdb_time_tz>(vector, row));
    case DUCKDB_TYPE_TIMESTAMP:
      return duckdb_create_timestamp(At<duckdb_timestamp>(vector, row));
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return duckdb_create_timestamp_tz(At<duckdb_timestamp>(vector, row));
    case DUCKDB_TYPE_TIMESTAMP_S:
      return duckdb_create_timestamp_s(At<duckdb_timestamp_s>(vector, row));
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return duckdb_create_timestamp_ms(At<duckdb_timestamp_ms>(vector, row));
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return duckdb_create_timestamp_ns(At<duckdb_timestamp_ns>(vector, row));
    case DUCKDB_TYPE_INTERVAL:
      return duckdb_create_interval(At<duckdb_interval>(vector, row));
    default:
      return nullptr;
  }
}

duckdb_value PlainAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_VARCHAR:
      return TextAt(vector, row);
    case DUCKDB_TYPE_BLOB:
      return BlobAt(vector, row);
    case DUCKDB_TYPE_BIT:
      return BitAt(vector, row);
    case DUCKDB_TYPE_UUID:
      return duckdb_create_uuid(UuidAt(vector, row));
    case DUCKDB_TYPE_ENUM:
      return duckdb_create_enum_value(type, EnumIndexAt(vector, type, row));
    case DUCKDB_TYPE_SQLNULL:
      return duckdb_create_null_value();
    default:
      break;
  }
  duckdb_value number = NumberAt(vector, type, row);
  return number != nullptr ? number : TimeAt(vector, type, row);
}

OwnedValue ValueAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  if (IsNullAt(vector, row)) {
    return OwnedValue(duckdb_create_null_value());
  }
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_LIST:
      return ListAt(vector, type, row);
    case DUCKDB_TYPE_ARRAY:
      return ArrayAt(vector, type, row);
    case DUCKDB_TYPE_MAP:
      return MapAt(vector, type, row);
    case DUCKDB_TYPE_STRUCT:
      return StructAt(vector, type, row);
    case DUCKDB_TYPE_UNION:
      return UnionAt(vector, type, row);
    default:
      break;
  }
  OwnedValue value(PlainAt(vector, type, row));
  if (!value) {
    throw UserError("a cell of type {} can't be shown; cast it to VARCHAR", TypeName(type));
  }
  return value;
}

}  // namespace

Value CellAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row) {
  if (IsNullAt(vector, row)) {
    return std::monostate();
  }
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_BOOLEAN:
      return At<bool>(vector, row);
    case DUCKDB_TYPE_TINYINT:
      return std::int64_t{At<std::int8_t>(vector, row)};
    case DUCKDB_TYPE_SMALLINT:
      return std::int64_t{At<std::int16_t>(vector, row)};
    case DUCKDB_TYPE_INTEGER:
      return std::int64_t{At<std::int32_t>(vector, row)};
    case DUCKDB_TYPE_BIGINT:
      return At<std::int64_t>(vector, row);
    case DUCKDB_TYPE_UTINYINT:
      return std::int64_t{At<std::uint8_t>(vector, row)};
    case DUCKDB_TYPE_USMALLINT:
      return std::int64_t{At<std::uint16_t>(vector, row)};
    case DUCKDB_TYPE_UINTEGER:
      return std::int64_t{At<std::uint32_t>(vector, row)};
    case DUCKDB_TYPE_FLOAT:
      return double{At<float>(vector, row)};
    case DUCKDB_TYPE_DOUBLE:
      return At<double>(vector, row);
    case DUCKDB_TYPE_VARCHAR:
      return std::string(BytesAt(vector, row));
    default:
      return TakeText(duckdb_get_varchar(ValueAt(vector, type, row).get()));
  }
}

}  // namespace weir::sql
