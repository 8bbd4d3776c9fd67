#include "lake/check_table.h"

#include <optional>
#include <utility>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "lake/extension_scan.h"
#include "lake/partitions.h"
#include "lake/scan.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

using Stats = nlohmann::json;

// Something that the log says about a file's rows: how many there are of some kind.
struct Claim {
  std::string what;
  std::string count_sql;
  std::optional<std::int64_t> expected;  // absent: the count is made for reading's sake
};

Claim RowCount(const AddFile& file) {
  return {
      .what = "number of rows", .count_sql = "count(*)", .expected = StatisticsOf(file).num_rows};
}

const Stats* Part(const Stats& stats, const char* kind, const std::string& column) {
  const auto part = stats.find(kind);
  if (part == stats.end() || !part->is_object()) {
    return nullptr;
  }
  const auto value = part->find(column);
  return value == part->end() || value->is_null() ? nullptr : &*value;
}

// No value of `column` is beyond the bound; NaN has no place among bounds, and other programs cut
// timestamps to milliseconds.
Claim BoundClaim(const Field& field, const std::string& column, const Stats& bound, bool is_max) {
  const std::string text = bound.is_string() ? bound.get<std::string>() : bound.dump();
  const std::string value = fmt::format("CAST({} AS {})", sql::QuoteText(text), ToText(field.type));
  const bool is_floating =
      field.type.kind == TypeKind::kFloat || field.type.kind == TypeKind::kDouble;
  const bool is_time = field.type.kind == TypeKind::kTimestamp;
  const std::string beyond =
      is_max ? fmt::format("{} > {}{}", column, value, is_time ? " + INTERVAL 1 MILLISECOND" : "")
             : fmt::format("{} < {}", column, value);
  return {.what = fmt::format("values of column {} {} their {} {}", column,
                              is_max ? "above" : "below", is_max ? "maximum" : "minimum", text),
          .count_sql = fmt::format("count(*) FILTER ({}{})", beyond,
                                   is_floating ? fmt::format(" AND NOT isnan({})", column) : ""),
          .expected = 0};
}

// What the statistics say of one column, or of a struct's fields; and a count that reads it.
void AddClaims(const Field& field, const std::string& column, const Stats& stats,
               std::vector<Claim>& claims) {
  if (field.type.kind == TypeKind::kStruct) {
    for (const Field& part : field.type.children) {
      Stats inner = Stats::object();
      for (const char* const kind : {"nullCount", "minValues", "maxValues"}) {
        const Stats* const values = Part(stats, kind, field.name);
        inner[kind] = values == nullptr ? Stats::object() : *values;
      }
      AddClaims(part, column + "." + sql::QuoteName(part.name), inner, claims);
    }
    return;
  }
  const Stats* const nulls = Part(stats, "nullCount", field.name);
  claims.push_back(
      {.what = fmt::format("nulls of column {}", column),
       .count_sql = fmt::format("count(*) - count({})", column),
       .expected = nulls == nullptr ? std::nullopt : std::optional(nulls->get<std::int64_t>())});
  claims.push_back({.what = "",
                    .count_sql = fmt::format("count(*) FILTER (hash({}) = 0)", column),
                    .expected = std::nullopt});
  for (const bool is_max : {false, true}) {
    const Stats* const bound = Part(stats, is_max ? "maxValues" : "minValues", field.name);
    if (bound != nullptr && !field.type.IsNested() && field.type.kind != TypeKind::kBinary) {
      claims.push_back(BoundClaim(field, column, *bound, is_max));
    }
  }
}

// Finds the problems of one file after another.
class Checker {
 public:
  Checker(Warehouse& warehouse, const TableAt& table) : warehouse_(warehouse), table_(table) {}

  std::vector<TableProblem> Check() {
    for (const AddFile& file : table_.snapshot.files) {
      CheckPartition(file);
      if (IsPresent(file)) {
        CheckRows(file);
      }
    }
    return std::move(problems_);
  }

 private:
  template <typename... Args>
  void Report(const AddFile& file, fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(
        {.file = file.path, .what = fmt::format(text, std::forward<Args>(args)...)});
  }

  bool IsPresent(const AddFile& file) {
    const auto object = table_.folder.store->Head(DecodePath(file.path));
    if (!object) {
      Report(file, "the file is missing");
      return false;
    }
    if (object->size != static_cast<std::uint64_t>(file.size)) {
      Report(file, "the file has {} bytes, the log says {}", object->size, file.size);
    }
    return true;
  }

  void CheckPartition(const AddFile& file) {
    const Metadata& metadata = table_.snapshot.metadata;
    for (const std::string& column : metadata.partition_columns) {
      if (!file.partition_values.contains(column)) {
        Report(file, "the log has no value of partition column \"{}\"", column);
      }
    }
    try {
      CanonicalPartition(metadata, file.partition_values);
    } catch (const UserError& error) {
      Report(file, "{}", error.what());
    }
  }

  // Reads all columns of all rows, so that every page is decoded.
  void CheckRows(const AddFile& file) {
    std::vector<Claim> claims = {RowCount(file)};
    try {
      const Stats stats = file.stats.empty() ? Stats::object() : Stats::parse(file.stats);
      for (const Field& field : table_.snapshot.metadata.schema.fields) {
        AddClaims(field, sql::QuoteName(field.name), stats, claims);
      }
    } catch (const nlohmann::json::exception& error) {
      Report(file, "the statistics are no JSON of the protocol's shape: {}", error.what());
    }
    try {
      CheckClaims(file, claims);
    } catch (const std::runtime_error& error) {
      Report(file, "the file can't be read: {}", error.what());
    }
  }

  void CheckClaims(const AddFile& file, const std::vector<Claim>& claims) {
    std::vector<std::string> counts;
    for (const Claim& claim : claims) {
      counts.push_back(claim.count_sql);
    }
    const auto select = fmt::format("SELECT {} FROM ({})", fmt::join(counts, ", "),
                                    ScanSql(table_.folder, table_.snapshot, {file}));
    const auto row = warehouse_.connection().Query(select).Rows().at(0);
    for (std::size_t i = 0; i < claims.size(); ++i) {
      const auto count = std::get<std::int64_t>(row[i]);
      if (claims[i].expected && *claims[i].expected != count) {
        Report(file, "{}: {} instead of {}", claims[i].what, count, *claims[i].expected);
      }
    }
  }

  Warehouse& warehouse_;
  const TableAt& table_;
  std::vector<TableProblem> problems_;
};

}  // namespace

std::vector<TableProblem> CheckTable(Warehouse& warehouse, const TableAt& table) {
  EnsureReadable(table.folder, table.snapshot, warehouse.database());
  return Checker(warehouse, table).Check();
}

}  // namespace weir::lake
