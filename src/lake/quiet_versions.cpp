#include "lake/quiet_versions.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "lake/log_names.h"
#include "lake/operation.h"

namespace weir::lake {
namespace {

constexpr auto kQuietKey = "_delta_log/_weir_quiet_versions.json";

bool ChangesData(const Action& action) {
  if (const auto* add = std::get_if<AddFile>(&action)) {
    return add->data_change;
  }
  const auto* remove = std::get_if<RemoveFile>(&action);
  return remove != nullptr && remove->data_change;
}

bool IsQuiet(const std::vector<Action>& actions) {
  return IsForKeeping(actions) || std::ranges::none_of(actions, ChangesData);
}

}  // namespace

bool IsForKeeping(const std::vector<Action>& actions) {
  return std::ranges::any_of(actions, [](const Action& action) {
    const auto* info = std::get_if<CommitInfo>(&action);
    return info != nullptr && (info->operation == kRetention || info->operation == kErasure);
  });
}

std::set<std::int64_t> QuietVersions(const TableFolder& table) {
  const auto text = table.store->Get(kQuietKey);
  if (!text) {
    return {};
  }
  try {
    return nlohmann::json::parse(*text).get<std::set<std::int64_t>>();
  } catch (const nlohmann::json::exception& error) {
    throw ExternalError("{}: {}; delete it: what it tells is only asked for to spare work",
                        table.store->Url(kQuietKey), error.what());
  }
}

void NoteQuietVersions(const TableFolder& table, std::int64_t last) {
  const std::set<std::int64_t> before = QuietVersions(table);
  std::set<std::int64_t> quiet = before;
  for (const storage::ObjectInfo& object :
       table.store->List(kLogFolder, {.start_after = {}, .recursive = false, .names_only = true})) {
    const auto version = LogEntryVersion(object.key);
    if (version && *version <= last && !quiet.contains(*version) &&
        IsQuiet(ReadLogEntry(table, *version))) {
      quiet.insert(*version);
    }
  }
  if (quiet != before) {
    table.store->Put(kQuietKey, nlohmann::json(quiet).dump());
  }
}

}  // namespace weir::lake
