#include "lake/query_tables.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "lake/extension_scan.h"
#include "lake/suggest_table.h"
#include "storage/stores.h"

namespace weir::lake {
namespace {

constexpr auto kMainSchema = "main";

// Schemas of DuckDB's own, never of the lake.
bool IsSystemSchema(const std::string& schema) {
  constexpr std::array<std::string_view, 4> kSystem = {"main", "temp", "information_schema",
                                                       "pg_catalog"};
  return std::ranges::any_of(kSystem,
                             [&](std::string_view name) { return SameName(name, schema); });
}

// What Warehouse::FolderOf() takes as a part of a name.
bool MayBeSchemaOrTable(const std::string& part) {
  return !part.empty() && part.front() != '_' &&
         part.find_first_of(std::string_view("./\\:@'\"\0", 8)) == std::string::npos;
}

bool IsFileName(const std::string& path) {
  constexpr std::array<std::string_view, 5> kSuffixes = {".parquet", ".csv", ".json", ".gz",
                                                         ".zst"};
  return std::ranges::any_of(kSuffixes,
                             [&](std::string_view suffix) { return path.ends_with(suffix); });
}

// Whether a folder on an object store has a log; false if no store is known for the URL, which
// DuckDB may still read.
bool IsDeltaUrl(const std::string& url, const storage::Stores& stores) {
  try {
    return !IsFileName(url) && !stores.Open(url)->List("_delta_log/").empty();
  } catch (const UserError&) {
    return false;
  }
}

bool IsDeltaTable(const std::string& path, const storage::Stores& stores) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    return false;
  }
  if (path.find("://") != std::string::npos) {
    return IsDeltaUrl(path, stores);
  }
  std::error_code ignored;
  return std::filesystem::is_directory(std::filesystem::path(path) / "_delta_log", ignored);
}

Snapshot Existing(const TableFolder& folder, Snapshot snapshot) {
  if (!snapshot.exists()) {
    throw UserError("there is no table in {}: its _delta_log holds no version",
                    folder.store->root());
  }
  return snapshot;
}

bool SameView(const TableReference& left, const TableReference& right) {
  return SameName(left.schema, right.schema) && SameName(left.name, right.name);
}

// DuckDB takes names that differ in letter case only for one, so that one of two such tables would
// be read in place of the other.
void CheckTwins(const std::vector<FileSelection>& tables) {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (SameView(tables[i].view, tables[j].view) &&
          tables[i].folder.store->root() != tables[j].folder.store->root()) {
        throw UserError(
            "the tables {} and {} differ in letter case only, which SQL doesn't tell apart: read "
            "them in two statements, and give one another name",
            tables[j].folder.name, tables[i].folder.name);
      }
    }
  }
}

TableReference Split(const std::string& name) {
  const auto dot = name.find('.');
  return {.schema = name.substr(0, dot), .name = name.substr(dot + 1)};
}

// The table's name as the warehouse spells it, if there is such a table.
std::optional<std::string> SpelledBy(Warehouse& warehouse, const std::string& name) {
  if (LatestVersion(warehouse.FolderOf(name)) >= 0) {
    return name;
  }
  std::vector<std::string> spellings = warehouse.TableNames(true);
  std::erase_if(spellings, [&](const std::string& table) { return !SameName(table, name); });
  if (spellings.size() > 1) {
    throw UserError("'{}' may be {}: write it as the table is named", name,
                    fmt::join(spellings, " or "));
  }
  return spellings.empty() ? std::nullopt : std::optional(spellings.front());
}

bool IsOfLedger(const std::string& table) { return SameName(Split(table).schema, "weir"); }

}  // namespace

QueryTables::QueryTables(sql::Database& database, Warehouse* warehouse)
    : database_(database), warehouse_(warehouse), connection_(database.Connect()) {}

FoundTables QueryTables::Open(const std::vector<TableReference>& references) {
  FoundTables found;
  std::vector<TableReference> latest;
  for (const TableReference& reference : references) {
    const bool may_be_table = warehouse_ != nullptr && MayBeSchemaOrTable(reference.schema);
    if (reference.schema.empty()) {
      if (!OpenPath(reference, found)) {
        found.missing.push_back(reference);
      }
    } else if (IsSystemSchema(reference.schema)) {
      continue;
    } else if (may_be_table && !ParseVersionedName(reference.name).is_latest()) {
      OpenVersion(reference, found);
    } else if (may_be_table && MayBeSchemaOrTable(reference.name)) {
      latest.push_back(reference);
    } else {
      found.missing.push_back(reference);
    }
  }
  OpenLatest(latest, found);
  CheckTwins(found.tables);
  return found;
}

void QueryTables::OpenLatest(const std::vector<TableReference>& references, FoundTables& found) {
  if (!references.empty()) {
    warehouse_->FinishLeft({});  // a table may be there only then
  }
  std::set<std::string> here;
  std::set<std::string> in_other;
  for (const TableReference& reference : references) {
    Place place = Find(reference.schema + "." + reference.name);
    (place.warehouse == warehouse_ ? here : in_other).insert(std::move(place.name));
  }
  const auto open = [&](Warehouse* warehouse, const std::set<std::string>& tables) {
    const std::vector<std::string> names(tables.begin(), tables.end());
    std::vector<Snapshot> snapshots;
    if (!names.empty()) {
      snapshots = warehouse->OpenTogether(names, false);
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (snapshots[i].exists()) {
        Add(Split(names[i]), warehouse->FolderOf(names[i]), std::move(snapshots[i]), found);
      } else {
        found.missing.push_back(Split(names[i]));
      }
    }
  };
  open(warehouse_, here);
  open(other_, in_other);
}

void QueryTables::OpenVersion(const TableReference& reference, FoundTables& found) {
  const VersionedName versioned = ParseVersionedName(reference.name);
  if (!MayBeSchemaOrTable(versioned.name)) {
    found.missing.push_back(reference);
    return;
  }
  warehouse_->FinishLeft({});
  const Place place = Find(reference.schema + "." + versioned.name);
  const TableFolder folder = place.warehouse->FolderOf(place.name);
  if (LatestVersion(folder) < 0) {
    found.missing.push_back(Split(place.name));
    return;
  }
  Add(reference, folder, place.warehouse->Open(folder, versioned.choice), found);
}

bool QueryTables::OpenPath(const TableReference& reference, FoundTables& found) {
  VersionedName path{.name = reference.name, .choice = {}};
  if (!IsDeltaTable(path.name, database_.stores())) {
    path = ParseVersionedName(reference.name);
    if (path.is_latest() || !IsDeltaTable(path.name, database_.stores())) {
      return false;
    }
  }
  const TableReference view{.schema = kMainSchema, .name = reference.name};
  if (warehouse_ != nullptr) {
    const std::string absolute = path.name.find("://") == std::string::npos
                                     ? std::filesystem::absolute(path.name).string()
                                     : path.name;
    const TableFolder folder = warehouse_->Resolve(absolute);
    Add(view, folder, Existing(folder, warehouse_->Open(folder, path.choice)), found);
  } else {
    const TableFolder folder{.store = database_.stores().Open(path.name), .name = path.name};
    AllowReads(database_, *folder.store);
    Add(view, folder, Existing(folder, LoadSnapshot(folder, connection_, path.choice)), found);
  }
  return true;
}

void QueryTables::Add(const TableReference& view, const TableFolder& folder, Snapshot snapshot,
                      FoundTables& found) {
  if (std::ranges::find(found.tables, view, &FileSelection::view) != found.tables.end()) {
    return;
  }
  EnsureReadable(folder, snapshot, database_);
  FileSelection selection{
      .view = view, .folder = folder, .snapshot = std::move(snapshot), .files = {}};
  selection.files = selection.snapshot.files;
  found.tables.push_back(std::move(selection));
}

QueryTables::Place QueryTables::Find(const std::string& name) {
  if (const auto spelled = SpelledBy(*warehouse_, name)) {
    return {warehouse_, *spelled};
  }
  if (other_ != nullptr && !IsOfLedger(name)) {
    if (const auto spelled = SpelledBy(*other_, name)) {
      return {other_, *spelled};
    }
  }
  return {warehouse_, name};
}

std::vector<TableReference> QueryTables::All() {
  std::vector<TableReference> all;
  if (warehouse_ == nullptr) {
    return all;
  }
  std::vector<std::string> names = warehouse_->TableNames(true);
  if (other_ != nullptr) {
    std::set<std::string> known;
    std::ranges::transform(names, std::inserter(known, known.end()), LowerCase);
    std::ranges::copy_if(other_->TableNames(), std::back_inserter(names),
                         [&](const std::string& name) { return !known.contains(LowerCase(name)); });
    std::ranges::sort(names);
  }
  std::ranges::transform(names, std::back_inserter(all), Split);
  return all;
}

std::string QueryTables::Suggestion(const TableReference& missing) {
  if (warehouse_ == nullptr) {
    return missing.schema.empty() ? "" : "; there is no project here, so only paths can be read";
  }
  const std::string schema = missing.schema.empty() ? "" : missing.schema + ".";
  const std::string nearest = SuggestTable(*warehouse_, schema + missing.name);
  return nearest.empty() && other_ != nullptr ? SuggestTable(*other_, schema + missing.name)
                                              : nearest;
}

}  // namespace weir::lake
