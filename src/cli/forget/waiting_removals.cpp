#include "cli/forget/waiting_removals.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/forget/file_rows.h"
#include "cli/forget/files_below.h"
#include "cli/forget/objects_at.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kObject = "_weir/waiting_removals.json";
constexpr auto kLock = "_weir/waiting_removals.lock";

using KeysByPath = std::map<std::string, std::set<std::string>>;

KeysByPath Noted(const storage::ObjectStore& store) {
  const auto text = store.Get(kObject);
  return text ? nlohmann::json::parse(*text).get<KeysByPath>() : KeysByPath();
}

void Keep(storage::ObjectStore& store, const KeysByPath& before, const KeysByPath& after) {
  if (after == before) {
    return;
  }
  if (after.empty()) {
    store.Delete(kObject);
  } else {
    store.Put(kObject, nlohmann::json(after).dump());
  }
}

std::set<std::string> KeysOf(const ScratchIds& ids, sql::Connection& connection) {
  std::set<std::string> keys;
  for (const auto& row : connection.Query("SELECT user_key FROM " + ids.ids()).Rows()) {
    keys.insert(std::get<std::string>(row.at(0)));
  }
  return keys;
}

}  // namespace

void WaitingRemovals::Note(const FileFolders& folders, const ScratchIds& ids) {
  constexpr auto kPeople = connectors::NamedPeople::kByIdentifier;
  const auto lock = store_.Lock(kLock);
  const KeysByPath before = Noted(store_);
  KeysByPath after = before;
  const std::set<std::string> keys = KeysOf(ids, connection_);
  std::vector<fs::path> paths = FilesBelow(folders.written);
  for (const StoredObject& object : ObjectsAt(database_, folders.written_urls)) {
    paths.emplace_back(object.url);
  }
  for (const fs::path& path : paths) {
    const auto rows = folders.PeopleIn(path) == kPeople
                          ? FileRowsOf(path.string(), kPeople, ids, connection_)
                          : std::nullopt;
    if (rows && !rows->stays.empty() &&
        connection_.QueryInteger(
            fmt::format("SELECT count(*) FROM {} WHERE {}", rows->all, rows->stays)) > 0) {
      after[path.string()].insert(keys.begin(), keys.end());
    }
  }
  Keep(store_, before, after);
}

std::vector<fs::path> WaitingRemovals::Of(const ScratchIds& ids) {
  const auto lock = store_.Lock(kLock);
  const KeysByPath before = Noted(store_);
  KeysByPath after = before;
  std::erase_if(after, [&](const auto& noted) { return !IsThere(database_, noted.first); });
  Keep(store_, before, after);
  const std::set<std::string> keys = KeysOf(ids, connection_);
  std::vector<fs::path> waiting;
  for (const auto& [path, of] : after) {
    if (std::ranges::any_of(of, [&](const std::string& key) { return keys.contains(key); })) {
      waiting.emplace_back(path);
    }
  }
  std::ranges::sort(waiting);  // as paths, whose order isn't that of their texts
  return waiting;
}

}  // namespace weir::cli
