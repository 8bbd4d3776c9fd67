#include "sql/types.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "sql/quote.h"

namespace weir::sql {
namespace {

struct PlainType {
  duckdb_type id;
  const char* name;                // as DuckDB writes it
  std::optional<TypeKind> table;   // the table type that holds its values
  const char* advice = "VARCHAR";  // what to cast it to where there is none
};

// Types without parts. UBIGINT and HUGEINT become decimals and aren't here.
constexpr std::array kPlainTypes{
    PlainType{DUCKDB_TYPE_BOOLEAN, "BOOLEAN", TypeKind::kBoolean},
    PlainType{DUCKDB_TYPE_TINYINT, "TINYINT", TypeKind::kByte},
    PlainType{DUCKDB_TYPE_SMALLINT, "SMALLINT", TypeKind::kShort},
    PlainType{DUCKDB_TYPE_INTEGER, "INTEGER", TypeKind::kInteger},
    PlainType{DUCKDB_TYPE_BIGINT, "BIGINT", TypeKind::kLong},
    PlainType{DUCKDB_TYPE_UTINYINT, "UTINYINT", TypeKind::kShort},
    PlainType{DUCKDB_TYPE_USMALLINT, "USMALLINT", TypeKind::kInteger},
    PlainType{DUCKDB_TYPE_UINTEGER, "UINTEGER", TypeKind::kLong},
    PlainType{DUCKDB_TYPE_FLOAT, "FLOAT", TypeKind::kFloat},
    PlainType{DUCKDB_TYPE_DOUBLE, "DOUBLE", TypeKind::kDouble},
    PlainType{DUCKDB_TYPE_VARCHAR, "VARCHAR", TypeKind::kString},
    PlainType{DUCKDB_TYPE_ENUM, "ENUM", TypeKind::kString},
    PlainType{DUCKDB_TYPE_UUID, "UUID", TypeKind::kString},
    PlainType{DUCKDB_TYPE_TIME, "TIME", TypeKind::kString},
    PlainType{DUCKDB_TYPE_BLOB, "BLOB", TypeKind::kBinary},
    PlainType{DUCKDB_TYPE_DATE, "DATE", TypeKind::kDate},
    PlainType{DUCKDB_TYPE_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE", TypeKind::kTimestamp},
    PlainType{DUCKDB_TYPE_TIMESTAMP, "TIMESTAMP", TypeKind::kTimestampNtz},
    PlainType{DUCKDB_TYPE_TIMESTAMP_S, "TIMESTAMP_S", TypeKind::kTimestampNtz},
    PlainType{DUCKDB_TYPE_TIMESTAMP_MS, "TIMESTAMP_MS", TypeKind::kTimestampNtz},
    PlainType{DUCKDB_TYPE_TIMESTAMP_NS, "TIMESTAMP_NS", TypeKind::kTimestampNtz},
    PlainType{DUCKDB_TYPE_UBIGINT, "UBIGINT", std::nullopt, "DECIMAL(20,0)"},
    PlainType{DUCKDB_TYPE_HUGEINT, "HUGEINT", std::nullopt, "DECIMAL(38,0)"},
    PlainType{DUCKDB_TYPE_UHUGEINT, "UHUGEINT", std::nullopt, "DECIMAL(38,0) or VARCHAR"},
    PlainType{DUCKDB_TYPE_BIGNUM, "BIGNUM", std::nullopt, "DECIMAL(38,0) or VARCHAR"},
    PlainType{DUCKDB_TYPE_INTERVAL, "INTERVAL", std::nullopt, "VARCHAR or a number of seconds"},
    PlainType{DUCKDB_TYPE_TIME_TZ, "TIME WITH TIME ZONE", std::nullopt},
    PlainType{DUCKDB_TYPE_TIME_NS, "TIME_NS", std::nullopt},
    PlainType{DUCKDB_TYPE_BIT, "BIT", std::nullopt},
    PlainType{DUCKDB_TYPE_GEOMETRY, "GEOMETRY", std::nullopt, "VARCHAR or BLOB"},
    PlainType{DUCKDB_TYPE_VARIANT, "VARIANT", std::nullopt, "JSON or VARCHAR"},
    PlainType{DUCKDB_TYPE_UNION, "UNION", std::nullopt, "VARCHAR or take its members apart"},
    PlainType{DUCKDB_TYPE_SQLNULL, "\"NULL\"", std::nullopt, "the type that is meant"},
};

const PlainType* FindPlain(duckdb_type id) {
  for (const PlainType& plain : kPlainTypes) {
    if (plain.id == id) {
      return &plain;
    }
  }
  return nullptr;
}

OwnedLogicalType ElementType(duckdb_logical_type type) {
  return OwnedLogicalType(duckdb_get_type_id(type) == DUCKDB_TYPE_ARRAY
                              ? duckdb_array_type_child_type(type)
                              : duckdb_list_type_child_type(type));
}

OwnedLogicalType KeyType(duckdb_logical_type type) {
  return OwnedLogicalType(duckdb_map_type_key_type(type));
}

OwnedLogicalType ValueType(duckdb_logical_type type) {
  return OwnedLogicalType(duckdb_map_type_value_type(type));
}

std::optional<DataType> ArrayType(duckdb_logical_type type) {
  auto element = ToDataType(ElementType(type).get());
  return element ? std::optional(ArrayOf(*std::move(element))) : std::nullopt;
}

std::optional<DataType> MapType(duckdb_logical_type type) {
  auto key = ToDataType(KeyType(type).get());
  auto value = ToDataType(ValueType(type).get());
  return key && value ? std::optional(MapOf(*std::move(key), *std::move(value))) : std::nullopt;
}

std::string PartName(duckdb_logical_type type, idx_t part) {
  return TakeText(duckdb_struct_type_child_name(type, part));
}

OwnedLogicalType PartType(duckdb_logical_type type, idx_t part) {
  return OwnedLogicalType(duckdb_struct_type_child_type(type, part));
}

std::optional<DataType> StructType(duckdb_logical_type type) {
  std::vector<Field> fields;
  for (idx_t part = 0; part < duckdb_struct_type_child_count(type); ++part) {
    std::string name = PartName(type, part);
    auto part_type = ToDataType(PartType(type, part).get());
    if (name.empty() || !part_type) {
      return std::nullopt;
    }
    fields.push_back({.name = std::move(name), .type = *std::move(part_type)});
  }
  return StructOf(std::move(fields));
}

std::string StructName(duckdb_logical_type type) {
  std::string text = "STRUCT(";
  for (idx_t part = 0; part < duckdb_struct_type_child_count(type); ++part) {
    const std::string name = PartName(type, part);
    text += (part == 0 ? "" : ", ") + (name.empty() ? name : QuoteName(name) + " ") +
            TypeName(PartType(type, part).get());
  }
  return text + ")";
}

std::vector<OwnedLogicalType> PartsOf(duckdb_logical_type type) {
  std::vector<OwnedLogicalType> parts;
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
      parts.push_back(ElementType(type));
      break;
    case DUCKDB_TYPE_MAP:
      parts.push_back(KeyType(type));
      parts.push_back(ValueType(type));
      break;
    case DUCKDB_TYPE_STRUCT:
      for (idx_t part = 0; part < duckdb_struct_type_child_count(type); ++part) {
        parts.push_back(PartType(type, part));
      }
      break;
    default:
      break;
  }
  return parts;
}

// Tells why tables can't hold `column`: because of `type`, which is the column's or a part of it.
[[noreturn]] void ThrowNoTableType(const ResultColumn& column, duckdb_logical_type type) {
  for (const OwnedLogicalType& part : PartsOf(type)) {
    if (!ToDataType(part.get())) {
      ThrowNoTableType(column, part.get());
    }
  }
  const std::string whole = TypeName(column.type.get());
  if (duckdb_get_type_id(type) == DUCKDB_TYPE_STRUCT) {
    throw UserError(
        "column \"{}\" has type {}; a table's structs have named fields: {{'name': value, …}}",
        column.name, whole);
  }
  const PlainType* plain = FindPlain(duckdb_get_type_id(type));
  throw UserError("column \"{}\" has type {}; tables can't hold {}; cast it to {}", column.name,
                  whole, TypeName(type), plain == nullptr ? "VARCHAR" : plain->advice);
}

std::vector<OwnedLogicalType> PartTypes(const DataType& type) {
  std::vector<OwnedLogicalType> parts;
  parts.reserve(type.children.size());
  for (const Field& part : type.children) {
    parts.push_back(ToLogicalType(part.type));
  }
  return parts;
}

OwnedLogicalType ToStruct(const DataType& type, const std::vector<OwnedLogicalType>& parts) {
  std::vector<duckdb_logical_type> types;
  std::vector<const char*> names;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    types.push_back(parts[part].get());
    names.push_back(type.children[part].name.c_str());
  }
  return OwnedLogicalType(duckdb_create_struct_type(types.data(), names.data(), types.size()));
}

duckdb_type PlainId(TypeKind kind) {
  for (const PlainType& plain : kPlainTypes) {
    if (plain.table == kind) {
      return plain.id;  // the first is the one of the same name
    }
  }
  return DUCKDB_TYPE_INVALID;
}

}  // namespace

std::optional<DataType> ToDataType(duckdb_logical_type type) {
  const duckdb_type id = duckdb_get_type_id(type);
  switch (id) {
    case DUCKDB_TYPE_UBIGINT:
      return DecimalOf(20, 0);
    case DUCKDB_TYPE_HUGEINT:
      return DecimalOf(38, 0);
    case DUCKDB_TYPE_DECIMAL:
      return DecimalOf(duckdb_decimal_width(type), duckdb_decimal_scale(type));
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
      return ArrayType(type);
    case DUCKDB_TYPE_MAP:
      return MapType(type);
    case DUCKDB_TYPE_STRUCT:
      return StructType(type);
    default:
      break;
  }
  const PlainType* plain = FindPlain(id);
  if (plain == nullptr || !plain->table) {
    return std::nullopt;
  }
  return DataType{.kind = *plain->table, .children = {}};
}

OwnedLogicalType ToLogicalType(const DataType& type) {
  const std::vector<OwnedLogicalType> parts = PartTypes(type);
  switch (type.kind) {
    case TypeKind::kDecimal:
      return OwnedLogicalType(duckdb_create_decimal_type(static_cast<std::uint8_t>(type.precision),
                                                         static_cast<std::uint8_t>(type.scale)));
    case TypeKind::kArray:
      return OwnedLogicalType(duckdb_create_list_type(parts.at(0).get()));
    case TypeKind::kMap:
      return OwnedLogicalType(duckdb_create_map_type(parts.at(0).get(), parts.at(1).get()));
    case TypeKind::kStruct:
      return ToStruct(type, parts);
    default:
      return OwnedLogicalType(duckdb_create_logical_type(PlainId(type.kind)));
  }
}

OwnedLogicalType CopyOf(duckdb_logical_type type) {
  const OwnedLogicalType list(duckdb_create_list_type(type));
  return OwnedLogicalType(duckdb_list_type_child_type(list.get()));
}

std::string TypeName(duckdb_logical_type type) {
  if (const std::string alias = TakeText(duckdb_logical_type_get_alias(type)); !alias.empty()) {
    return alias;
  }
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_DECIMAL:
      return fmt::format("DECIMAL({},{})", duckdb_decimal_width(type), duckdb_decimal_scale(type));
    case DUCKDB_TYPE_LIST:
      return TypeName(ElementType(type).get()) + "[]";
    case DUCKDB_TYPE_ARRAY:
      return fmt::format("{}[{}]", TypeName(ElementType(type).get()),
                         duckdb_array_type_array_size(type));
    case DUCKDB_TYPE_MAP:
      return fmt::format("MAP({}, {})", TypeName(KeyType(type).get()),
                         TypeName(ValueType(type).get()));
    case DUCKDB_TYPE_STRUCT:
      return StructName(type);
    default:
      break;
  }
  const PlainType* plain = FindPlain(duckdb_get_type_id(type));
  return plain == nullptr ? "UNKNOWN" : plain->name;
}

Schema ToSchema(const std::vector<ResultColumn>& columns) {
  Schema schema;
  for (const ResultColumn& column : columns) {
    auto type = ToDataType(column.type.get());
    if (!type) {
      ThrowNoTableType(column, column.type.get());
    }
    if (schema.Find(column.name) != nullptr) {
      throw UserError("two columns are named \"{}\"; name one of them otherwise with AS",
                      column.name);
    }
    schema.fields.push_back({.name = column.name, .type = *std::move(type)});
  }
  return schema;
}

}  // namespace weir::sql
