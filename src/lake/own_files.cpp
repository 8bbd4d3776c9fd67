#include "lake/own_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/log.h"
#include "base/percent.h"

namespace weir::lake {
namespace {

std::string_view BaseName(std::string_view key) { return key.substr(key.rfind('/') + 1); }

// Cuts the part behind the last '-' off `name`; empty if there is none.
std::string_view CutLast(std::string_view& name) {
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos) {
    return {};
  }
  const std::string_view last = name.substr(dash + 1);
  name = name.substr(0, dash);
  return last;
}

bool IsHexDigit(char digit) { return IsDigit(digit) || (digit >= 'a' && digit <= 'f'); }

template <typename FileAction>
void AddPath(const TableFolder& table, const FileAction& file, std::set<std::string>& keys) {
  keys.insert(KeyOfPath(table, file.path));
}

void AddEntry(const TableFolder& table, std::int64_t version, std::set<std::string>& keys) {
  for (const Action& action : ReadLogEntry(table, version)) {
    if (const auto* added = std::get_if<AddFile>(&action)) {
      AddPath(table, *added, keys);
    } else if (const auto* removed = std::get_if<RemoveFile>(&action)) {
      AddPath(table, *removed, keys);
    }
  }
}

void AddVersion(const TableFolder& table, sql::Connection& connection, const VersionChoice& choice,
                std::set<std::string>& keys) {
  const Snapshot snapshot = LoadSnapshot(table, connection, choice);
  for (const AddFile& file : snapshot.files) {
    AddPath(table, file, keys);
  }
  for (const RemoveFile& file : snapshot.tombstones) {
    AddPath(table, file, keys);
  }
}

// Does `act`, whose error is about one part of a log that may be broken.
template <typename Act>
void TryTo(const TableFolder& table, const Act& act) {
  try {
    act();
  } catch (const UserError& problem) {
    LogWarning("{}: a part of the log can't be read: {}", table.name, problem.what());
  }
}

}  // namespace

std::string KeyOfPath(const TableFolder& table, const std::string& path) {
  std::string key = PercentDecode(path);
  if (key.starts_with("file:")) {
    key.erase(0, 5);
    key.erase(0, std::min(key.find_first_not_of('/'), key.size()));
    key = fmt::format("/{}", key);
  }
  std::string root = table.store->root();
  root += '/';
  return key.starts_with(root) ? key.substr(root.size()) : key;
}

bool IsPartName(std::string_view key) {
  constexpr std::string_view kBegin = "part-";
  constexpr std::string_view kEnd = ".parquet";
  constexpr std::size_t kTokenDigits = 8;
  std::string_view name = BaseName(key);
  if (!name.starts_with(kBegin) || !name.ends_with(kEnd)) {
    return false;
  }
  name.remove_suffix(kEnd.size());
  const std::string_view number = CutLast(name);
  const std::string_view token = CutLast(name);
  return name.size() > kBegin.size() && !number.empty() && std::ranges::all_of(number, IsDigit) &&
         token.size() == kTokenDigits && std::ranges::all_of(token, IsHexDigit);
}

bool IsBesideData(std::string_view key) {
  const std::string_view name = BaseName(key);
  return key.starts_with("_change_data/") ||
         (name.starts_with("deletion_vector_") && name.ends_with(".bin"));
}

std::set<std::string> TablesWithin(const std::vector<storage::ObjectInfo>& objects) {
  constexpr std::string_view kInnerLog = "/_delta_log/";
  std::set<std::string> folders;
  for (const storage::ObjectInfo& object : objects) {
    if (const auto log = object.key.find(kInnerLog); log != std::string::npos) {
      folders.insert(object.key.substr(0, log + 1));
    }
  }
  return folders;
}

void EraseWithin(const std::set<std::string>& folders, std::vector<storage::ObjectInfo>& objects) {
  std::erase_if(objects, [&](const storage::ObjectInfo& object) {
    return std::ranges::any_of(
        folders, [&](const std::string& folder) { return object.key.starts_with(folder); });
  });
}

std::set<std::string> LoggedKeys(const TableFolder& table, sql::Connection& connection) {
  std::set<std::string> keys;
  std::optional<std::int64_t> oldest_checkpoint;
  for (const storage::ObjectInfo& object : table.store->List(kLogFolder)) {
    const auto version = VersionInName(object.key);
    if (LogEntryVersion(object.key)) {
      TryTo(table, [&] { AddEntry(table, *version, keys); });
    } else if (version && object.key.find(".checkpoint.") != std::string::npos) {
      oldest_checkpoint = std::min(*version, oldest_checkpoint.value_or(*version));
    }
  }
  if (oldest_checkpoint) {
    TryTo(table, [&] {
      AddVersion(table, connection, {.version = oldest_checkpoint, .as_of = {}}, keys);
    });
    TryTo(table, [&] { AddVersion(table, connection, {}, keys); });
  }
  return keys;
}

}  // namespace weir::lake
