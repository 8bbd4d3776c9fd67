#include "lake/merge_source.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

constexpr int kExamples = 3;

std::string KeyText(const sql::Value& value) {
  return sql::IsNull(value) ? "null" : std::get<std::string>(value);
}

// "(a = 1, b = x); …" of up to three rows of key texts.
std::string Examples(sql::Connection& connection, const std::string& rows,
                     const std::vector<std::string>& keys, const std::string& condition) {
  std::vector<std::string> texts;
  texts.reserve(keys.size());
  for (const std::string& key : keys) {
    texts.push_back(fmt::format("CAST({} AS VARCHAR)", sql::QuoteName(key)));
  }
  const std::string names = sql::QuoteNames(keys);
  const std::string select =
      fmt::format("SELECT {} FROM (SELECT {} FROM {} {} ORDER BY {} LIMIT {})",
                  fmt::join(texts, ", "), names, rows, condition, names, kExamples);
  std::vector<std::string> examples;
  for (const auto& row : connection.Query(select).Rows()) {
    std::vector<std::string> parts;
    parts.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      parts.push_back(fmt::format("{} = {}", keys[i], KeyText(row[i])));
    }
    examples.push_back(fmt::format("({})", fmt::join(parts, ", ")));
  }
  return fmt::format("{}", fmt::join(examples, ", "));
}

bool HasConstants(const DataType& type) {
  return !type.IsNested() && type.kind != TypeKind::kBinary;
}

// The SQL for the text that a Constant of the column's type has.
std::string ConstantSql(const Field& field, const std::string& expression) {
  const bool is_time = field.type.kind == TypeKind::kTimestamp;
  return fmt::format("CAST({} AS VARCHAR)",
                     is_time ? fmt::format("epoch_us({})", expression) : expression);
}

// The column's values, if there are few; nothing if there are many.
std::optional<Predicate> FewValues(sql::Connection& connection, const std::string& rows,
                                   const Field& field) {
  constexpr std::size_t kMost = 64;
  const std::string name = sql::QuoteName(field.name);
  const std::string select =
      fmt::format("SELECT {} FROM (SELECT DISTINCT {} AS value FROM {} LIMIT {}) ORDER BY 1",
                  ConstantSql(field, "value"), name, rows, kMost + 1);
  const auto values = connection.Query(select).Rows();
  if (values.size() > kMost) {
    return std::nullopt;
  }
  Predicate predicate{.kind = Predicate::Kind::kIn, .path = {field.name}};
  for (const auto& row : values) {
    predicate.constants.push_back({.type = field.type, .text = KeyText(row[0])});
  }
  return predicate;
}

Predicate RangeOf(sql::Connection& connection, const std::string& rows, const Field& field) {
  const std::string name = sql::QuoteName(field.name);
  const std::string select =
      fmt::format("SELECT {}, {} FROM {}", ConstantSql(field, "min(" + name + ")"),
                  ConstantSql(field, "max(" + name + ")"), rows);
  const auto ends = connection.Query(select).Rows().at(0);
  const auto compare = [&](Predicate::Comparison comparison, const sql::Value& end) {
    return Predicate{.kind = Predicate::Kind::kCompare,
                     .comparison = comparison,
                     .path = {field.name},
                     .constants = {{.type = field.type, .text = KeyText(end)}}};
  };
  return AllOf({compare(Predicate::Comparison::kGreaterEqual, ends[0]),
                compare(Predicate::Comparison::kLessEqual, ends[1])});
}

}  // namespace

std::vector<std::string> MatchKeys(const std::vector<std::string>& keys,
                                   const SourceColumns& source, const TableAt& table) {
  if (keys.empty()) {
    throw UserError("a merge needs keys: the columns that identify a row of {}", table.folder.name);
  }
  std::vector<std::string> names;
  for (const std::string& key : keys) {
    const Field* const field = source.metadata.schema.Find(key);
    if (field == nullptr || !source.Has(key)) {
      throw UserError("the source has no key column \"{}\"{}", key, DidYouMean(key, source.names));
    }
    const bool is_old = !table.snapshot.exists() || table.snapshot.metadata.schema.Find(key);
    if (!is_old) {
      throw UserError("{} has no key column \"{}\"{}", table.folder.name, key,
                      DidYouMean(key, table.snapshot.metadata.schema.names()));
    }
    if (std::ranges::find(names, field->name) != names.end()) {
      throw UserError("key column \"{}\" is given twice", field->name);
    }
    names.push_back(field->name);
  }
  return names;
}

void CheckKeys(sql::Connection& connection, const std::string& rows,
               const std::vector<std::string>& keys) {
  std::vector<std::string> nulls;
  nulls.reserve(keys.size());
  for (const std::string& key : keys) {
    nulls.push_back(sql::QuoteName(key) + " IS NULL");
  }
  const std::string with_nulls =
      Examples(connection, rows, keys, fmt::format("WHERE {}", fmt::join(nulls, " OR ")));
  if (!with_nulls.empty()) {
    throw UserError("the source of a merge holds null keys, such as {}", with_nulls);
  }
  const std::string repeated =
      Examples(connection, rows, keys,
               fmt::format("GROUP BY {} HAVING count(*) > 1", sql::QuoteNames(keys)));
  if (!repeated.empty()) {
    throw UserError("the source of a merge holds several rows with one key, such as {}", repeated);
  }
}

Predicate KeyRanges(sql::Connection& connection, const std::string& rows, const Schema& schema,
                    const std::vector<std::string>& keys) {
  std::vector<Predicate> parts;
  for (const std::string& key : keys) {
    const Field& field = *schema.Find(key);
    if (HasConstants(field.type)) {
      const auto values = FewValues(connection, rows, field);
      parts.push_back(values ? *values : RangeOf(connection, rows, field));
    }
  }
  return AllOf(std::move(parts));
}

std::string KeysEqual(const std::vector<std::string>& keys, std::string_view left,
                      std::string_view right) {
  std::vector<std::string> parts;
  parts.reserve(keys.size());
  for (const std::string& key : keys) {
    parts.push_back(fmt::format("{0}.{2} = {1}.{2}", left, right, sql::QuoteName(key)));
  }
  return fmt::format("{}", fmt::join(parts, " AND "));
}

}  // namespace weir::lake
