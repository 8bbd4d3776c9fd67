// The extension looks partition values up by the columns' names, but where columns are mapped the
// log has them by physical names: it then gives null for all (duckdb-delta issue 343). So they are
// taken from the log here, by the name of the file that a row comes from.
#include "lake/extension_scan.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/log.h"
#include "base/percent.h"
#include "lake/column_mapping.h"
#include "lake/partition_layout.h"
#include "lake/scan.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

// No column of a table has it, as it holds a space.
constexpr auto kFileColumn = "\"weir file\"";

// The extension takes a plain path for a URL: a folder whose name ends in a letter beyond ASCII
// would be cut off.
std::string ExtensionUrl(const storage::ObjectStore& store) {
  const std::string root = store.Url("");
  return store.is_local() ? "file://" + PercentEncode(std::filesystem::absolute(root).string(), "/")
                          : root;
}

bool NeedsPartitionValues(const Metadata& metadata) {
  return ColumnMappingOf(metadata) != ColumnMapping::kNone && !metadata.partition_columns.empty();
}

std::vector<Field> PartitionFields(const Metadata& metadata) {
  std::vector<Field> fields;
  std::ranges::copy_if(metadata.schema.fields, std::back_inserter(fields),
                       [&](const Field& field) { return metadata.IsPartitionColumn(field.name); });
  return fields;
}

// A VALUES list: each file's name and its partition values, as columns of the partition columns'
// names.
std::string PartitionTable(const TableFolder& table, const Snapshot& snapshot) {
  const std::vector<Field> fields = PartitionFields(snapshot.metadata);
  std::vector<std::string> rows;
  for (const AddFile& file : snapshot.files) {
    std::vector<std::string> cells{sql::QuoteText(UrlOf(table, file))};
    for (const Field& field : fields) {
      cells.push_back(fmt::format("CAST({} AS {})",
                                  PartitionLiteral(field, PhysicalName(field), file),
                                  ToText(field.type)));
    }
    rows.push_back(fmt::format("({})", fmt::join(cells, ", ")));
  }
  std::vector<std::string> names{kFileColumn};
  std::ranges::transform(fields, std::back_inserter(names),
                         [](const Field& field) { return sql::QuoteName(field.name); });
  return fmt::format("(VALUES {}) AS weir_files({})", fmt::join(rows, ", "),
                     fmt::join(names, ", "));
}

std::string ExtensionColumnSql(const Metadata& metadata, const Field& field) {
  const std::string name = sql::QuoteName(field.name);
  if (!metadata.IsPartitionColumn(field.name)) {
    return "weir_rows." + name;
  }
  return fmt::format(
      "CASE WHEN weir_files.{0} IS NULL THEN error('no partition values in the log for ' || "
      "weir_rows.{0}) ELSE weir_files.{1} END AS {1}",
      kFileColumn, name);
}

// What the extension of this version is known to read. It may know more, so the rest is tried.
bool IsKnownToExtension(const Snapshot& snapshot) {
  constexpr std::array<std::string_view, 9> kFeatures = {
      "columnMapping", "deletionVectors",      "timestampNtz",
      "typeWidening",  "typeWidening-preview", "v2Checkpoint",
      "variantType",   "variantType-preview",  "vacuumProtocolCheck"};
  constexpr int kNewestReader = 3;
  const auto& features = snapshot.protocol.reader_features;
  const std::string& schema = snapshot.metadata.unreadable_schema;
  return snapshot.protocol.reader_version <= kNewestReader &&
         (schema.empty() || schema.find("has type 'variant'") != std::string::npos) &&
         std::ranges::all_of(features, [&](const std::string& feature) {
           return std::ranges::find(kFeatures, feature) != kFeatures.end();
         });
}

// The log entry, up to the snapshot's, that set the table's protocol or columns last.
std::string DefiningEntry(const TableFolder& table, const Snapshot& snapshot) {
  for (std::int64_t version = snapshot.version;
       version >= 0 && table.store->Head(LogEntryKey(version)); --version) {
    const std::vector<Action> actions = ReadLogEntry(table, version);
    if (std::ranges::any_of(actions, [](const Action& action) {
          return std::holds_alternative<Protocol>(action) ||
                 std::holds_alternative<Metadata>(action);
        })) {
      return table.store->Url(LogEntryKey(version));
    }
  }
  return "a checkpoint in " + table.store->Url(kLogFolder);
}

// Lets the extension open a table that it may not know how to read.
void TryExtension(const TableFolder& table, const Snapshot& snapshot, sql::Database& database) {
  try {
    database.Connect().Bind(ExtensionScanSql(table, snapshot));
  } catch (const std::runtime_error& problem) {
    LogDebug("{}: {}", table.name, problem.what());
    throw UserError(
        "{} can't be read at version {}, as {} has it: {}; neither weir nor DuckDB's delta "
        "extension "
        "knows that",
        table.name, snapshot.version, DefiningEntry(table, snapshot),
        fmt::join(UnreadableFeatures(snapshot), ", "));
  }
}

}  // namespace

void EnsureReadable(const TableFolder& table, const Snapshot& snapshot, sql::Database& database) {
  const std::vector<std::string> features = UnreadableFeatures(snapshot);
  if (features.empty()) {
    return;
  }
  try {
    database.LoadExtension("delta");
  } catch (const ExternalError& error) {
    throw UserError("{} uses {}, which weir reads through DuckDB's delta extension: {}", table.name,
                    fmt::join(features, ", "), error.what());
  }
  // It decodes a path more often than it encodes it, and would read another folder.
  if (const std::string root = table.store->Url(""); PercentDecode(root) != root) {
    throw UserError(
        "{} uses {}, which weir reads through DuckDB's delta extension, and that can't read in {}: "
        "it takes a '%' with two digits for another character; rename the folder",
        table.name, fmt::join(features, ", "), root);
  }
  if (NeedsPartitionValues(snapshot.metadata) && !snapshot.metadata.unreadable_schema.empty()) {
    throw UserError("{} uses {}; partition columns can't be read beside these", table.name,
                    fmt::join(features, ", "));
  }
  if (!IsKnownToExtension(snapshot)) {
    TryExtension(table, snapshot, database);
  }
}

std::string ExtensionScanSql(const TableFolder& table, const Snapshot& snapshot) {
  const Metadata& metadata = snapshot.metadata;
  const std::string url = sql::QuoteText(ExtensionUrl(*table.store));
  if (!NeedsPartitionValues(metadata) || snapshot.files.empty()) {
    return fmt::format("SELECT * FROM delta_scan({}, version => {})", url, snapshot.version);
  }
  std::vector<std::string> columns;
  std::ranges::transform(metadata.schema.fields, std::back_inserter(columns),
                         [&](const Field& field) { return ExtensionColumnSql(metadata, field); });
  return fmt::format(
      "SELECT {0} FROM delta_scan({1}, version => {2}, filename => {3}) AS weir_rows LEFT JOIN {4} "
      "ON weir_rows.{5} = weir_files.{5}",
      fmt::join(columns, ", "), url, snapshot.version, sql::QuoteText("weir file"),
      PartitionTable(table, snapshot), kFileColumn);
}

}  // namespace weir::lake
