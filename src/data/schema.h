#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// The types a column may have: those of Delta Lake (without variant).
enum class TypeKind : std::uint8_t {
  kBoolean,
  kByte,
  kShort,
  kInteger,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kString,
  kBinary,
  kDate,
  kTimestamp,     // microseconds UTC
  kTimestampNtz,  // microseconds without a zone
  kArray,
  kMap,
  kStruct,
};

constexpr bool IsInteger(TypeKind kind) {
  return kind >= TypeKind::kByte && kind <= TypeKind::kLong;
}

struct Field;

// A type as a value; arrays, maps and structs hold their parts in `children`: an array "element", a
// map "key" and "value", a struct its fields.
struct DataType {
  TypeKind kind = TypeKind::kString;
  int precision = 0;  // of decimals, 1..38
  int scale = 0;      // of decimals, 0..precision
  std::vector<Field> children;

  bool IsNested() const {
    return kind == TypeKind::kArray || kind == TypeKind::kMap || kind == TypeKind::kStruct;
  }
  friend bool operator==(const DataType& left, const DataType& right);
};

// A named column or part. `nullable` of an array's element or a map's value says whether it may be
// null.
struct Field {
  std::string name;
  DataType type;
  bool nullable = true;
  std::string metadata = "{}";  // a JSON object, kept as other programs wrote it

  friend bool operator==(const Field&, const Field&) = default;
};

// A type without parts: not an array, map or struct.
inline DataType PlainType(TypeKind kind) { return {.kind = kind, .children = {}}; }

DataType ArrayOf(DataType element);
DataType MapOf(DataType key, DataType value);
DataType StructOf(std::vector<Field> fields);
DataType DecimalOf(int precision, int scale);

// Columns in order. Names are unique without regard to letter case and are looked up so.
struct Schema {
  std::vector<Field> fields;

  // Null if there is no such column. The pointer lives as long as the schema is unchanged.
  const Field* Find(std::string_view name) const;
  std::vector<std::string> names() const;

  friend bool operator==(const Schema&, const Schema&) = default;
};

// Whether two column names are the same name: ASCII letter case is ignored.
bool SameName(std::string_view left, std::string_view right);

// As users read types and as DuckDB writes them: "BIGINT", "DECIMAL(10,2)", "STRUCT(a INTEGER)[]".
std::string ToText(const DataType& type);

// Whether every value of `from` is also one of `to`, so that a column may be converted without a
// word: integers to wider ones, float to double, decimals to more digits on both sides of the
// point, null-free parts to nullable ones; nested types part by part (struct fields by name, and
// `from` may lack some).
bool WidensTo(const DataType& from, const DataType& to);

}  // namespace weir
