#include "lake/intent.h"

#include <algorithm>
#include <iterator>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace weir::lake {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kIntentFormat = 1;
constexpr std::string_view kFolder = "_weir/intents/";

Json ActionsOf(const Changes& changes) {
  Json actions = Json::array();
  const auto add = [&actions](const auto& action) {
    actions.push_back(Json::parse(ToJson(Action(action))));
  };
  add(changes.info);
  if (changes.protocol) {
    add(*changes.protocol);
  }
  if (changes.metadata) {
    add(*changes.metadata);
  }
  std::ranges::for_each(changes.txns, add);
  std::ranges::for_each(changes.removes, add);
  std::ranges::for_each(changes.adds, add);
  return actions;
}

void Collect(Changes& changes, Protocol protocol) { changes.protocol = std::move(protocol); }
void Collect(Changes& changes, Metadata metadata) { changes.metadata = std::move(metadata); }
void Collect(Changes& changes, AddFile add) { changes.adds.push_back(std::move(add)); }
void Collect(Changes& changes, RemoveFile remove) { changes.removes.push_back(std::move(remove)); }
void Collect(Changes& changes, Txn txn) { changes.txns.push_back(std::move(txn)); }
void Collect(Changes& changes, CommitInfo info) { changes.info = std::move(info); }

Changes ChangesOf(const Json& actions, const std::string& file) {
  std::string lines;
  for (const Json& action : actions) {
    lines += action.dump() + "\n";
  }
  Changes changes;
  for (Action& action : ParseLogEntry(lines, file)) {
    std::visit([&changes](auto& held) { Collect(changes, std::move(held)); }, action);
  }
  return changes;
}

Intent FromJson(const Json& json, const std::string& file) {
  if (json.at("format").get<int>() != kIntentFormat) {
    throw UserError("{}: the intent has format {}, this weir knows {}; finish it with a newer weir",
                    file, json.at("format").dump(), kIntentFormat);
  }
  const Json& owner = json.at("owner");
  Intent intent{.run_id = json.at("run_id").get<std::string>(),
                .owner = {.host = owner.at("host").get<std::string>(),
                          .boot = owner.at("boot").get<std::string>(),
                          .pid = owner.at("pid").get<std::int64_t>(),
                          .start = owner.at("start").get<std::uint64_t>()},
                .created = json.at("created").get<Micros>(),
                .tables = {}};
  for (const Json& part : json.at("tables")) {
    intent.tables.push_back({.table = part.at("table").get<std::string>(),
                             .base_version = part.at("base_version").get<std::int64_t>(),
                             .changes = ChangesOf(part.at("actions"), file)});
  }
  return intent;
}

// The names of an intent's tables, whatever else it holds; none if they can't be told.
std::vector<IntentTable> TablesNamedIn(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  std::vector<IntentTable> tables;
  if (!json.is_object() || !json.contains("tables") || !json["tables"].is_array()) {
    return tables;
  }
  for (const Json& part : json["tables"]) {
    if (!part.is_object() || !part.contains("table") || !part["table"].is_string()) {
      return {};
    }
    tables.push_back(
        {.table = part["table"].get<std::string>(), .base_version = -1, .changes = {}});
  }
  return tables;
}

// An intent that says why it can't be read, of those whose tables can.
Intent BrokenIntent(const std::string& run_id, const std::string& text, const char* reason) {
  constexpr std::string_view kAdvice =
      "until that is mended, or the file deleted, which gives up what is left of the run";
  Intent intent{.run_id = run_id, .owner = {}, .created = 0, .tables = TablesNamedIn(text)};
  if (intent.tables.empty()) {
    throw UserError("{}; no table can be read or written {}", reason, kAdvice);
  }
  std::vector<std::string> names;
  std::ranges::transform(intent.tables, std::back_inserter(names), &IntentTable::table);
  intent.problem =
      fmt::format("{}; {} can't be read or written {}", reason, fmt::join(names, ", "), kAdvice);
  return intent;
}

std::string RunIdOf(std::string_view key) {
  constexpr std::string_view kSuffix = ".json";
  key.remove_prefix(kFolder.size());
  key.remove_suffix(key.ends_with(kSuffix) ? kSuffix.size() : 0);
  return std::string(key);
}

Intent ReadIntent(const std::string& key, const std::string& text, const std::string& url) {
  try {
    Intent intent = ParseIntent(text, url);
    if (IntentKey(intent.run_id) != key) {
      throw UserError("{}: the intent is corrupt: it is of run {}", url, intent.run_id);
    }
    return intent;
  } catch (const UserError& error) {
    return BrokenIntent(RunIdOf(key), text, error.what());
  }
}

}  // namespace

std::string IntentKey(const std::string& run_id) { return std::string(kFolder) + run_id + ".json"; }

std::string ToJson(const Intent& intent) {
  Json tables = Json::array();
  for (const IntentTable& part : intent.tables) {
    tables.push_back({{"table", part.table},
                      {"base_version", part.base_version},
                      {"actions", ActionsOf(part.changes)}});
  }
  const Json json = {{"format", kIntentFormat},
                     {"run_id", intent.run_id},
                     {"owner",
                      {{"host", intent.owner.host},
                       {"boot", intent.owner.boot},
                       {"pid", intent.owner.pid},
                       {"start", intent.owner.start}}},
                     {"created", intent.created},
                     {"tables", std::move(tables)}};
  return json.dump();
}

Intent ParseIntent(const std::string& text, const std::string& file) {
  try {
    return FromJson(Json::parse(text), file);
  } catch (const nlohmann::json::exception& error) {
    throw UserError("{}: the intent is corrupt: {}", file, error.what());
  }
}

std::vector<Intent> ListIntents(const storage::ObjectStore& store) {
  std::vector<Intent> intents;
  for (const storage::ObjectInfo& object :
       store.List(kFolder, {.start_after = {}, .recursive = false})) {
    if (const auto text = store.Get(object.key)) {
      intents.push_back(ReadIntent(object.key, *text, store.Url(object.key)));
    }
  }
  return intents;
}

bool IsAbandoned(const Intent& intent) {
  constexpr Micros kPatience = 60'000'000;
  switch (LivenessOf(intent.owner)) {
    case Liveness::kAlive:
      return false;
    case Liveness::kDead:
      return true;
    case Liveness::kUnknown:
      return Now() - intent.created > kPatience;
  }
  return false;
}

}  // namespace weir::lake
