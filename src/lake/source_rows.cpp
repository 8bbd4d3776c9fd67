#include "lake/source_rows.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "lake/snapshot.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

constexpr std::string_view kViolationStart = "column \"";
constexpr std::string_view kViolationEnd = "must not be null, but a row has no value";

void CheckNames(const std::vector<Field>& fields, const std::string& table) {
  constexpr std::string_view kForbidden = " ,;{}()\n\t=";
  for (auto field = fields.begin(); field != fields.end(); ++field) {
    if (field->name.empty() || field->name.find_first_of(kForbidden) != std::string::npos) {
      throw UserError(
          "{}: a column can't be named \"{}\"; allowed is any name without spaces, tabs, line "
          "ends and the characters , ; {{ }} ( ) =",
          table, field->name);
    }
    const auto twin = std::find_if(fields.begin(), field, [&](const Field& other) {
      return SameName(other.name, field->name);
    });
    if (twin != field) {
      throw UserError("{}: columns \"{}\" and \"{}\" differ in letter case only", table, twin->name,
                      field->name);
    }
    if (field->type.kind == TypeKind::kStruct) {
      CheckNames(field->type.children, table);
    }
  }
}

void CheckPartitionColumns(const Metadata& metadata, const std::string& table) {
  if (const auto twice = RepeatedName(metadata.partition_columns)) {
    throw UserError("{}: \"{}\" stands twice among the partition columns", table, *twice);
  }
  for (const std::string& name : metadata.partition_columns) {
    const Field* const field = metadata.schema.Find(name);
    if (field == nullptr) {
      throw UserError("{}: there is no column \"{}\" to partition by{}", table, name,
                      DidYouMean(name, metadata.schema.names()));
    }
    if (field->type.IsNested()) {
      throw UserError("{}: column \"{}\" has type {}; a partition column must have a plain type",
                      table, field->name, ToText(field->type));
    }
  }
  const bool all = std::ranges::all_of(metadata.schema.fields, [&](const Field& field) {
    return metadata.IsPartitionColumn(field.name);
  });
  if (all && !metadata.schema.fields.empty()) {
    throw UserError("{}: every column is a partition column; at least one must not be", table);
  }
}

void CheckSource(const Metadata& metadata, const Schema& source, const std::string& table) {
  for (const Field& field : source.fields) {
    if (metadata.schema.Find(field.name) == nullptr) {
      throw UserError("{} has no column \"{}\"{}", table, field.name,
                      DidYouMean(field.name, metadata.schema.names()));
    }
  }
}

std::string NullIn(const std::string& value, const DataType& type, int depth);

// SQL that is true if the part `value` of something that isn't null breaks `field`'s nullability;
// "" if it can't.
std::string BrokenPart(const std::string& value, const Field& field, int depth) {
  std::string inside = NullIn(value, field.type, depth);
  if (field.nullable) {
    return inside;
  }
  return inside.empty() ? value + " IS NULL" : "(" + value + " IS NULL OR " + inside + ")";
}

std::string AnyBroken(const std::string& list, const Field& element, int depth) {
  const std::string name = "part" + std::to_string(depth);
  const std::string broken = BrokenPart(name, element, depth + 1);
  return broken.empty()
             ? ""
             : fmt::format("len(list_filter({}, lambda {}: {})) > 0", list, name, broken);
}

// As BrokenPart, for the parts of `value`. May be null where `value` is.
std::string NullIn(const std::string& value, const DataType& type, int depth) {
  std::vector<std::string> broken;
  if (type.kind == TypeKind::kStruct) {
    for (const Field& part : type.children) {
      broken.push_back(BrokenPart(
          fmt::format("struct_extract({}, {})", value, sql::QuoteText(part.name)), part, depth));
    }
  } else if (type.kind == TypeKind::kArray) {
    broken.push_back(AnyBroken(value, type.children.at(0), depth));
  } else if (type.kind == TypeKind::kMap) {
    broken.push_back(AnyBroken("map_values(" + value + ")", type.children.at(1), depth));
  }
  std::erase(broken, "");
  return broken.empty()
             ? ""
             : fmt::format("({} IS NOT NULL AND ({}))", value, fmt::join(broken, " OR "));
}

std::string SourceColumnSql(const Field& field, const Schema& source) {
  const Field* const given = source.Find(field.name);
  const std::string name = sql::QuoteName(field.name);
  const std::string value = fmt::format(
      "CAST({} AS {})", given == nullptr ? "NULL" : "source." + sql::QuoteName(given->name),
      ToText(field.type));
  const std::string broken = BrokenPart(value, field, 0);
  if (broken.empty()) {
    return value + " AS " + name;
  }
  const std::string message = fmt::format("{}{}\" {}", kViolationStart, field.name, kViolationEnd);
  return fmt::format("CASE WHEN {} THEN error({}) ELSE {} END AS {}", broken,
                     sql::QuoteText(message), value, name);
}

}  // namespace

std::optional<std::string> RepeatedName(const std::vector<std::string>& names) {
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::any_of(names.begin(), name,
                    [&](const std::string& other) { return SameName(other, *name); })) {
      return *name;
    }
  }
  return std::nullopt;
}

void CheckColumns(const Metadata& metadata, const std::string& table) {
  CheckNames(metadata.schema.fields, table);
  for (const Field& field : metadata.schema.fields) {
    if (IsReservedName(field.name)) {
      throw UserError("{}: a column can't be named \"{}\", which weir uses itself", table,
                      field.name);
    }
  }
  CheckPartitionColumns(metadata, table);
}

void CheckSortColumns(const Metadata& metadata, const std::vector<std::string>& sort_by) {
  for (const std::string& column : sort_by) {
    if (metadata.schema.Find(column) == nullptr) {
      throw UserError("there is no column \"{}\" to sort by{}", column,
                      DidYouMean(column, metadata.schema.names()));
    }
  }
}

std::string TypedSelect(sql::Connection& connection, const Metadata& metadata,
                        const std::string& select, const std::string& table) {
  const Schema source = connection.Describe(select);
  CheckSource(metadata, source, table);
  std::vector<std::string> columns;
  std::ranges::transform(metadata.schema.fields, std::back_inserter(columns),
                         [&](const Field& field) { return SourceColumnSql(field, source); });
  return fmt::format("SELECT {} FROM ({}\n) AS source", fmt::join(columns, ", "), select);
}

std::string NullViolation(const std::string& error) {
  const auto end = error.find(kViolationEnd);
  const auto start = error.rfind(kViolationStart, end);
  return end == std::string::npos || start == std::string::npos
             ? ""
             : error.substr(start, end + kViolationEnd.size() - start);
}

}  // namespace weir::lake
