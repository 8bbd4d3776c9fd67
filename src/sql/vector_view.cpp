#include "sql/vector_view.h"

#include <utility>

namespace weir::sql {
namespace {

void AddPart(TypeShape& shape, duckdb_logical_type part) {
  shape.parts.push_back(ShapeOf(OwnedLogicalType(part)));
}

void AddFields(TypeShape& shape) {
  for (idx_t field = 0; field < duckdb_struct_type_child_count(shape.type.get()); ++field) {
    shape.names.push_back(TakeText(duckdb_struct_type_child_name(shape.type.get(), field)));
    AddPart(shape, duckdb_struct_type_child_type(shape.type.get(), field));
  }
}

void AddEnumValues(TypeShape& shape) {
  shape.stored = duckdb_enum_internal_type(shape.type.get());
  for (idx_t value = 0; value < duckdb_enum_dictionary_size(shape.type.get()); ++value) {
    shape.names.push_back(TakeText(duckdb_enum_dictionary_value(shape.type.get(), value)));
  }
}

// The vectors that hold a vector's parts, in the order of the shape's.
std::vector<duckdb_vector> PartVectors(duckdb_vector vector, const TypeShape& shape) {
  switch (shape.id) {
    case DUCKDB_TYPE_LIST:
      return {duckdb_list_vector_get_child(vector)};
    case DUCKDB_TYPE_ARRAY:
      return {duckdb_array_vector_get_child(vector)};
    case DUCKDB_TYPE_MAP: {
      duckdb_vector entries = duckdb_list_vector_get_child(vector);
      return {duckdb_struct_vector_get_child(entries, 0),
              duckdb_struct_vector_get_child(entries, 1)};
    }
    default:
      break;
  }
  std::vector<duckdb_vector> parts;
  parts.reserve(shape.parts.size());
  for (idx_t part = 0; part < shape.parts.size(); ++part) {
    parts.push_back(duckdb_struct_vector_get_child(vector, part));
  }
  return parts;
}

}  // namespace

TypeShape ShapeOf(OwnedLogicalType type) {
  TypeShape shape{.type = std::move(type), .names = {}, .parts = {}};
  duckdb_logical_type handle = shape.type.get();
  shape.id = duckdb_get_type_id(handle);
  switch (shape.id) {
    case DUCKDB_TYPE_DECIMAL:
      shape.stored = duckdb_decimal_internal_type(handle);
      shape.scale = duckdb_decimal_scale(handle);
      break;
    case DUCKDB_TYPE_ENUM:
      AddEnumValues(shape);
      break;
    case DUCKDB_TYPE_LIST:
      AddPart(shape, duckdb_list_type_child_type(handle));
      break;
    case DUCKDB_TYPE_ARRAY:
      shape.array_size = duckdb_array_type_array_size(handle);
      AddPart(shape, duckdb_array_type_child_type(handle));
      break;
    case DUCKDB_TYPE_MAP:
      AddPart(shape, duckdb_map_type_key_type(handle));
      AddPart(shape, duckdb_map_type_value_type(handle));
      break;
    case DUCKDB_TYPE_STRUCT:
      AddFields(shape);
      break;
    default:
      break;
  }
  return shape;
}

VectorView ViewOf(duckdb_vector vector, const TypeShape& shape) {
  VectorView view{.shape = &shape,
                  .vector = vector,
                  .data = duckdb_vector_get_data(vector),
                  .validity = duckdb_vector_get_validity(vector),
                  .parts = {}};
  const std::vector<duckdb_vector> parts = PartVectors(vector, shape);
  view.parts.reserve(parts.size());
  for (std::size_t part = 0; part < parts.size(); ++part) {
    view.parts.push_back(ViewOf(parts[part], shape.parts[part]));
  }
  return view;
}

Int128 VectorView::DecimalAt(std::size_t row) const {
  switch (shape->stored) {
    case DUCKDB_TYPE_SMALLINT:
      return At<std::int16_t>(row);
    case DUCKDB_TYPE_INTEGER:
      return At<std::int32_t>(row);
    case DUCKDB_TYPE_BIGINT:
      return At<std::int64_t>(row);
    default:
      return ToInt128(At<duckdb_hugeint>(row));
  }
}

duckdb_list_entry VectorView::EntryAt(std::size_t row) const {
  if (shape->id == DUCKDB_TYPE_ARRAY) {
    return {.offset = row * shape->array_size, .length = shape->array_size};
  }
  return At<duckdb_list_entry>(row);
}

std::string_view VectorView::EnumAt(std::size_t row) const {
  switch (shape->stored) {
    case DUCKDB_TYPE_UTINYINT:
      return shape->names[At<std::uint8_t>(row)];
    case DUCKDB_TYPE_USMALLINT:
      return shape->names[At<std::uint16_t>(row)];
    default:
      return shape->names[At<std::uint32_t>(row)];
  }
}

}  // namespace weir::sql
