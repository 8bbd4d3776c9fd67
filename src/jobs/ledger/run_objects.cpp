#include "jobs/ledger/run_objects.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "jobs/ledger/record_reader.h"

namespace weir::jobs {
namespace {

constexpr std::string_view kSuffix = ".json";

std::string_view SuffixOf(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kStart:
      return kSuffix;
    case ObjectKind::kAlive:
      return ".alive.json";
    case ObjectKind::kPrepared:
      return ".prepared.json";
    case ObjectKind::kEnd:
      return ".end.json";
  }
  return kSuffix;
}

bool DropSuffix(std::string_view& text, std::string_view suffix) {
  const bool has = text.ends_with(suffix);
  text.remove_suffix(has ? suffix.size() : 0);
  return has;
}

}  // namespace

std::string RunObject::key() const {
  return fmt::format("{}{}.{}{}", kRunFolder, name.run, name.attempt, SuffixOf(kind));
}

AttemptName NameOf(const RunRecord& record) {
  return {.run = record.key.id(), .attempt = record.attempt};
}

std::optional<RunObject> ParseRunObject(std::string_view key) {
  if (!key.starts_with(kRunFolder)) {
    return std::nullopt;
  }
  key.remove_prefix(kRunFolder.size());
  RunObject object;
  if (DropSuffix(key, SuffixOf(ObjectKind::kEnd))) {
    object.kind = ObjectKind::kEnd;
  } else if (DropSuffix(key, SuffixOf(ObjectKind::kPrepared))) {
    object.kind = ObjectKind::kPrepared;
  } else if (DropSuffix(key, SuffixOf(ObjectKind::kAlive))) {
    object.kind = ObjectKind::kAlive;
  } else if (!DropSuffix(key, kSuffix)) {
    return std::nullopt;
  }
  const auto dot = key.rfind('.');
  if (dot == std::string_view::npos || dot == 0) {
    return std::nullopt;
  }
  const std::string_view number = key.substr(dot + 1);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), object.name.attempt);
  if (error != std::errc() || end != number.data() + number.size() || object.name.attempt < 1) {
    return std::nullopt;
  }
  object.name.run = key.substr(0, dot);
  return object;
}

std::vector<RunObject> ListRunObjects(const storage::ObjectStore& store, const std::string& run) {
  std::vector<RunObject> objects;
  const std::string prefix = fmt::format("{}{}{}", kRunFolder, run, run.empty() ? "" : ".");
  for (const storage::ObjectInfo& info :
       store.List(prefix, {.start_after = {}, .recursive = false})) {
    auto object = ParseRunObject(info.key);
    if (object && (run.empty() || object->name.run == run)) {
      object->identity =
          info.etag.empty() ? fmt::format("{} {}", info.size, info.modified) : info.etag;
      objects.push_back(std::move(*object));
    }
  }
  return objects;
}

std::optional<RunRecord> ReadRecord(const storage::ObjectStore& store, const RunObject& object) {
  const std::string key = object.key();
  const auto text = store.Get(key);
  if (!text) {
    return std::nullopt;
  }
  RunRecord record = ParseRunRecord(*text, store.Url(key));
  if (NameOf(record) != object.name) {
    throw UserError("{}: the run record is corrupt: it is of run {}, attempt {}", store.Url(key),
                    record.key.id(), record.attempt);
  }
  return record;
}

void WriteAlive(storage::ObjectStore& store, const AttemptName& name, Micros renewed) {
  const nlohmann::ordered_json json = {{"format", kRecordFormat}, {"renewed", renewed}};
  store.Put(RunObject{.name = name, .kind = ObjectKind::kAlive}.key(), json.dump());
}

std::optional<Micros> ReadAlive(const storage::ObjectStore& store, const AttemptName& name) {
  const std::string key = RunObject{.name = name, .kind = ObjectKind::kAlive}.key();
  const auto text = store.Get(key);
  if (!text) {
    return std::nullopt;
  }
  try {
    return nlohmann::json::parse(*text).at("renewed").get<Micros>();
  } catch (const nlohmann::json::exception& error) {
    throw UserError("{}: the renewal is corrupt: {}", store.Url(key), error.what());
  }
}

}  // namespace weir::jobs
