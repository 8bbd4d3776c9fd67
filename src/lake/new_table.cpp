#include "lake/new_table.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "base/ascii.h"
#include "base/error.h"
#include "lake/own_files.h"

namespace weir::lake {
namespace {

namespace fs = std::filesystem;

bool IsName(std::string_view table) { return table.find('/') == std::string_view::npos; }

// A file in the folder that no writer of weir's has left there.
std::optional<std::string> ForeignFile(const TableFolder& folder) {
  for (const storage::ObjectInfo& object :
       folder.store->List("", {.start_after = {}, .recursive = true, .names_only = true})) {
    const bool is_ours = object.key.starts_with(kLogFolder) || IsPartName(object.key);
    if (!is_ours && !object.key.starts_with('.')) {
      return object.key;
    }
  }
  return std::nullopt;
}

// The folder that holds the table which `folder` lies inside of, if there is one.
std::optional<std::string> TableAround(const TableFolder& folder) {
  if (!folder.store->is_local()) {
    return std::nullopt;
  }
  std::error_code ignored;
  for (fs::path around = fs::path(folder.store->root()).parent_path();
       around != around.parent_path(); around = around.parent_path()) {
    if (fs::is_directory(around / "_delta_log", ignored)) {
      return around.string();
    }
  }
  return std::nullopt;
}

}  // namespace

bool IsReservedSchema(std::string_view schema) {
  constexpr std::array<std::string_view, 8> kReserved = {
      "weir",       "main",   "temp",   "information_schema",
      "pg_catalog", "system", "memory", "weir_session"};
  return std::ranges::any_of(
      kReserved, [&](std::string_view reserved) { return EqualIgnoringCase(reserved, schema); });
}

void CheckNewTable(Warehouse& warehouse, const TableFolder& folder) {
  if (IsName(folder.name)) {
    for (const std::string& table : warehouse.TableNames(true)) {
      if (table != folder.name && EqualIgnoringCase(table, folder.name)) {
        throw UserError(
            "there is no table {} but {}, and SQL takes names in other letter case for the same: "
            "write to {}, or choose another name",
            folder.name, table, table);
      }
    }
  }
  if (const auto file = ForeignFile(folder)) {
    throw UserError(
        "{} can't become a table: {} holds other files, such as {}; a new table needs an empty "
        "folder",
        folder.name, folder.store->root(), *file);
  }
}

void CheckUsersTable(const TableFolder& table) {
  if (IsName(table.name)) {
    if (const auto schema = table.name.substr(0, table.name.find('.')); IsReservedSchema(schema)) {
      throw UserError(
          "{}: tables of schema '{}' can't be written: it is one of weir's and DuckDB's own",
          table.name, schema);
    }
  } else if (LatestVersion(table) < 0) {
    if (const auto around = TableAround(table)) {
      throw UserError("{} lies inside of the table in {}: a table needs a folder of its own",
                      table.store->root(), *around);
    }
  }
}

void CheckNoSchemasFolder(const Warehouse& warehouse, const TableFolder& table) {
  const std::string root = table.store->root();
  const fs::path inside = fs::path(root).lexically_relative(warehouse.root());
  if (inside == ".") {
    throw UserError("{} is the warehouse, whose tables lie in folders of it: name one schema.name",
                    root);
  }
  if (!inside.empty() && std::distance(inside.begin(), inside.end()) == 1 && inside != "..") {
    throw UserError(
        "{0} is the folder of the warehouse's schema '{1}', whose tables lie in folders of it: "
        "name one {1}.NAME",
        root, inside.string());
  }
}

}  // namespace weir::lake
