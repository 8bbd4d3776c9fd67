#include "lake/check_table.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "lake/column_mapping.h"
#include "lake/extension_scan.h"
#include "lake/own_files.h"
#include "lake/partitions.h"
#include "lake/scan.h"
#include "lake/stored_statistics.h"
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

// What the object `stats` has under `key`; nothing for null.
const Stats* Part(const Stats& stats, const std::string& key) {
  if (!stats.is_object()) {
    return nullptr;
  }
  const auto value = stats.find(key);
  return value == stats.end() || value->is_null() ? nullptr : &*value;
}

// The number of nulls at `path` that the statistics have.
std::optional<std::int64_t> NullCount(const Stats& stats, std::span<const std::string> path) {
  const Stats* part = Part(stats, "nullCount");
  for (const std::string& name : path) {
    part = part == nullptr ? nullptr : Part(*part, name);
  }
  return part == nullptr ? std::nullopt : std::optional(part->get<std::int64_t>());
}

// No value of `column` (SQL) is beyond the bound; NaN has no place among bounds.
Claim BoundClaim(const std::string& column, const Constant& bound, bool is_max) {
  const TypeKind kind = bound.type.kind;
  const bool is_floating = kind == TypeKind::kFloat || kind == TypeKind::kDouble;
  const bool is_time = kind == TypeKind::kTimestamp || kind == TypeKind::kTimestampNtz;
  const std::string value = is_time ? fmt::format("epoch_us({})", column) : column;
  const std::string limit =
      is_time ? bound.text
              : fmt::format("CAST({} AS {})", sql::QuoteText(bound.text), ToText(bound.type));
  return {.what = fmt::format("values of column {} {} their {} {}", column,
                              is_max ? "above" : "below", is_max ? "maximum" : "minimum",
                              is_time ? FormatTimestamp(std::stoll(bound.text)) : bound.text),
          .count_sql = fmt::format("count(*) FILTER ({} {} {}{})", value, is_max ? ">" : "<", limit,
                                   is_floating ? fmt::format(" AND NOT isnan({})", column) : ""),
          .expected = 0};
}

// The names from a column down to a field of its structs, and SQL for it.
struct ColumnPath {
  std::vector<std::string> names;
  std::string sql;
};

void AddBoundClaims(const AddFile& file, const Metadata& metadata, const ColumnPath& column,
                    std::vector<Claim>& claims) {
  const ColumnBounds bounds = BoundsOf(file, metadata, column.names);
  if (bounds.min) {
    claims.push_back(BoundClaim(column.sql, *bounds.min, false));
  }
  if (bounds.max) {
    claims.push_back(BoundClaim(column.sql, *bounds.max, true));
  }
}

// What a file's statistics say of its columns and their structs' fields; and counts that read them.
class Claims {
 public:
  // `stats`: the file's, parsed. All must outlive the object.
  Claims(const AddFile& file, const Metadata& metadata, const Stats& stats)
      : file_(file), metadata_(metadata), stats_(stats) {}

  std::vector<Claim> Make() {
    for (const Field& field : metadata_.schema.fields) {
      Add(field, {.names = {field.name}, .sql = sql::QuoteName(field.name)});
    }
    return std::move(claims_);
  }

 private:
  void Add(const Field& field, const ColumnPath& column) {
    if (field.type.kind == TypeKind::kStruct) {
      for (const Field& part : field.type.children) {
        ColumnPath inner{.names = column.names,
                         .sql = column.sql + "." + sql::QuoteName(part.name)};
        inner.names.push_back(part.name);
        Add(part, inner);
      }
      return;
    }
    claims_.push_back({.what = fmt::format("nulls of column {}", column.sql),
                       .count_sql = fmt::format("count(*) - count({})", column.sql),
                       .expected = NullCount(stats_, column.names)});
    claims_.push_back({.what = "",
                       .count_sql = fmt::format("count(*) FILTER (hash({}) = 0)", column.sql),
                       .expected = std::nullopt});
    if (!field.type.IsNested() && field.type.kind != TypeKind::kBinary) {
      AddBoundClaims(file_, metadata_, column, claims_);
    }
  }

  const AddFile& file_;
  const Metadata& metadata_;
  const Stats& stats_;
  std::vector<Claim> claims_;
};

// A deletion vector's entry of the log.
Stats DeletionVectorOf(const AddFile& file) {
  return file.deletion_vector.empty() ? Stats::object()
                                      : Stats::parse(file.deletion_vector, nullptr, false);
}

// The file with statistics of all of its rows alone. Those of one with a deletion vector are of the
// rows that are left, unless they say otherwise; but for the number, which is always of all.
AddFile WithStatisticsOfAllRows(const AddFile& file) {
  AddFile whole = file;
  const Stats stats = Stats::parse(file.stats, nullptr, false);
  if (!file.deletion_vector.empty() && stats.is_object() && stats.value("tightBounds", true)) {
    whole.stats = Stats{{"numRecords", stats.value("numRecords", Stats())}}.dump();
  }
  return whole;
}

// The rows that the log says a table has, deleted ones taken off; nothing if a file's are unknown.
std::optional<std::int64_t> RowsByLog(const std::vector<AddFile>& files) {
  std::int64_t rows = 0;
  for (const AddFile& file : files) {
    const auto of_file = StatisticsOf(file).num_rows;
    const Stats vector = DeletionVectorOf(file);
    const Stats* const deleted = Part(vector, "cardinality");
    const bool is_known =
        file.deletion_vector.empty() || (deleted != nullptr && deleted->is_number_integer());
    if (!of_file || !is_known) {
      return std::nullopt;
    }
    rows += *of_file - (deleted == nullptr ? 0 : deleted->get<std::int64_t>());
  }
  return rows;
}

// Finds the problems of one file after another, and of what only the whole table shows.
class Checker {
 public:
  Checker(Warehouse& warehouse, const TableAt& table)
      : warehouse_(warehouse), table_(table), in_files_(table.snapshot) {
    in_files_.metadata = PhysicalMetadata(table.snapshot.metadata);
  }

  std::vector<TableProblem> Check() {
    // What files hold under which name is the extension's to know where ids of fields count.
    const Metadata& metadata = table_.snapshot.metadata;
    const bool are_columns_known =
        metadata.unreadable_schema.empty() && ColumnMappingOf(metadata) != ColumnMapping::kId;
    for (const AddFile& file : table_.snapshot.files) {
      CheckPartition(file);
      if (!IsPresent(file)) {
        is_readable_ = false;
      } else if (are_columns_known) {
        CheckRows(WithStatisticsOfAllRows(file));
      }
    }
    if (is_readable_ && !UnreadableFeatures(table_.snapshot).empty()) {
      CheckWhole();
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
    const std::string key = KeyOfPath(table_.folder, file.path);
    if (key.find("://") != std::string::npos) {
      return true;  // in another store: reading it shows
    }
    const auto object = table_.folder.store->Head(key);
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
    for (const std::string& column : in_files_.metadata.partition_columns) {
      if (!file.partition_values.contains(column)) {
        Report(file, "the log has no value of partition column \"{}\"", column);
      }
    }
    try {
      CanonicalPartition(in_files_.metadata, file.partition_values);
    } catch (const UserError& error) {
      Report(file, "{}", error.what());
    }
  }

  // Reads all columns of all rows, so that every page is decoded.
  void CheckRows(const AddFile& file) {
    std::vector<Claim> claims = {RowCount(file)};
    try {
      const Stats stats = file.stats.empty() ? Stats::object() : Stats::parse(file.stats);
      std::ranges::move(Claims(file, in_files_.metadata, stats).Make(), std::back_inserter(claims));
    } catch (const nlohmann::json::exception& error) {
      Report(file, "the statistics are no JSON of the protocol's shape: {}", error.what());
    }
    try {
      CheckClaims(file, claims);
    } catch (const std::runtime_error& error) {
      is_readable_ = false;
      Report(file, "the file can't be read: {}", error.what());
    }
  }

  void CheckClaims(const AddFile& file, const std::vector<Claim>& claims) {
    std::vector<std::string> counts;
    counts.reserve(claims.size());
    for (const Claim& claim : claims) {
      counts.push_back(claim.count_sql);
    }
    const auto select = fmt::format("SELECT {} FROM ({})", fmt::join(counts, ", "),
                                    ScanSql(table_.folder, in_files_, {file}));
    const auto row = warehouse_.connection().Query(select).Rows().at(0);
    for (std::size_t i = 0; i < claims.size(); ++i) {
      const Claim& claim = claims[i];
      const auto count = std::get<std::int64_t>(row[i]);
      if (claim.expected && *claim.expected != count) {
        Report(file, "{}: {} instead of {}", claim.what, count, *claim.expected);
      }
    }
  }

  // Reads the table as queries do: with its deletion vectors and whatever else weir's own scan of a
  // file knows nothing of.
  void CheckWhole() {
    const std::string select =
        fmt::format("SELECT count(*), count(hash(weir_rows)) FROM ({}) AS weir_rows",
                    ExtensionScanSql(table_.folder, table_.snapshot));
    try {
      const auto rows =
          std::get<std::int64_t>(warehouse_.connection().Query(select).Rows().at(0).at(0));
      const auto expected = RowsByLog(table_.snapshot.files);
      if (expected && *expected != rows) {
        problems_.push_back(
            {.file = "", .what = fmt::format("number of rows: {} instead of {}", rows, *expected)});
      }
    } catch (const std::runtime_error& error) {
      const std::string_view message = error.what();
      problems_.push_back({.file = "",
                           .what = fmt::format("the table can't be read: {}",
                                               message.substr(0, message.find('\n')))});
    }
  }

  Warehouse& warehouse_;
  const TableAt& table_;
  Snapshot in_files_;  // the table's, its columns as files and log name them
  bool is_readable_ = true;
  std::vector<TableProblem> problems_;
};

}  // namespace

std::vector<TableProblem> CheckTable(Warehouse& warehouse, const TableAt& table) {
  EnsureReadable(table.folder, table.snapshot, warehouse.database());
  return Checker(warehouse, table).Check();
}

}  // namespace weir::lake
