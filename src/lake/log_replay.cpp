#include "lake/log_replay.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace weir::lake {
namespace {

// What the protocol calls the vector's unique id; writers order its other members as they like.
std::string VectorId(const std::string& deletion_vector) {
  const auto json = nlohmann::json::parse(deletion_vector, nullptr, false);
  if (!json.is_object()) {
    return deletion_vector;
  }
  std::string id;
  for (const char* part : {"storageType", "pathOrInlineDv", "offset"}) {
    const auto value = json.find(part);
    id += '\n' + (value == json.end() ? "null" : value->dump());
  }
  return id;
}

template <typename File>
std::string KeyOf(const File& file) {
  std::string key = DecodePath(file.path);
  if (!file.deletion_vector.empty()) {
    key += VectorId(file.deletion_vector);
  }
  return key;
}

// The values of `map`, by path.
template <typename File>
std::vector<File> TakeSorted(std::unordered_map<std::string, File>& map) {
  std::vector<File> files;
  files.reserve(map.size());
  for (auto& [key, file] : map) {
    files.push_back(std::move(file));
  }
  map.clear();
  std::ranges::sort(files, {}, &File::path);
  return files;
}

}  // namespace

LogReplay::LogReplay(Snapshot start) : snapshot_(std::move(start)) {
  for (AddFile& file : snapshot_.files) {
    ApplyAction(std::move(file));
  }
  for (RemoveFile& file : snapshot_.tombstones) {
    ApplyAction(std::move(file));
  }
  snapshot_.files.clear();
  snapshot_.tombstones.clear();
}

void LogReplay::Apply(std::int64_t version, std::vector<Action> actions) {
  snapshot_.version = version;
  snapshot_.timestamp = 0;
  for (Action& action : actions) {
    std::visit([this](auto& held) { ApplyAction(std::move(held)); }, action);
  }
}

Snapshot LogReplay::Finish() {
  snapshot_.files = TakeSorted(files_);
  snapshot_.tombstones = TakeSorted(tombstones_);
  return std::move(snapshot_);
}

void LogReplay::ApplyAction(AddFile add) {
  std::string key = KeyOf(add);
  tombstones_.erase(key);
  files_.insert_or_assign(std::move(key), std::move(add));
}

void LogReplay::ApplyAction(RemoveFile remove) {
  std::string key = KeyOf(remove);
  files_.erase(key);
  tombstones_.insert_or_assign(std::move(key), std::move(remove));
}

void LogReplay::ApplyAction(Protocol protocol) { snapshot_.protocol = std::move(protocol); }

void LogReplay::ApplyAction(Metadata metadata) { snapshot_.metadata = std::move(metadata); }

void LogReplay::ApplyAction(Txn txn) {
  std::string app_id = txn.app_id;
  snapshot_.txns.insert_or_assign(std::move(app_id), std::move(txn));
}

void LogReplay::ApplyAction(const CommitInfo& info) { snapshot_.timestamp = info.timestamp; }

}  // namespace weir::lake
