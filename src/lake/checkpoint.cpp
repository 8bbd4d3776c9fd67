// Checkpoints are read and written as the JSON lines of a log entry, which DuckDB turns into the
// protocol's columns and back: one parser for both forms of the log.
#include "lake/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/run_id.h"
#include "lake/log_replay.h"
#include "lake/retention.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

constexpr std::string_view kLogFolder = "_delta_log/";
constexpr std::string_view kPointerKey = "_delta_log/_last_checkpoint";
constexpr std::size_t kVersionDigits = 20;

// "_delta_log/<20 digits>.checkpoint.parquet" or "….checkpoint.<10 digits>.<10 digits>.parquet".
struct CheckpointName {
  std::int64_t version = 0;
  std::int64_t part = 1;
  std::int64_t num_parts = 1;
};

std::optional<std::int64_t> DigitsOf(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

std::optional<CheckpointName> ParseName(std::string_view key) {
  constexpr std::string_view kMark = ".checkpoint.";
  constexpr std::string_view kSuffix = "parquet";
  key.remove_prefix(std::min(key.size(), kLogFolder.size()));
  if (key.size() < kVersionDigits || !key.substr(kVersionDigits).starts_with(kMark) ||
      !key.ends_with(kSuffix)) {
    return std::nullopt;
  }
  const auto version = DigitsOf(key.substr(0, kVersionDigits));
  std::string_view rest = key.substr(kVersionDigits + kMark.size());
  rest.remove_suffix(std::min(rest.size(), kSuffix.size()));
  if (!version || rest.empty()) {
    return version ? std::optional(CheckpointName{.version = *version}) : std::nullopt;
  }
  constexpr std::size_t kPartDigits = 10;
  constexpr std::size_t kPartsSize = 2 * kPartDigits + 2;
  if (rest.size() != kPartsSize) {
    return std::nullopt;
  }
  const auto part = DigitsOf(rest.substr(0, kPartDigits));
  const auto num_parts = DigitsOf(rest.substr(kPartDigits + 1, kPartDigits));
  const bool valid = part && num_parts && *part >= 1 && *part <= *num_parts;
  return valid ? std::optional(CheckpointName{*version, *part, *num_parts}) : std::nullopt;
}

std::string CheckpointKey(std::int64_t version) {
  return fmt::format("{}{:020}.checkpoint.parquet", kLogFolder, version);
}

// All complete checkpoints among a listing, ascending; of two of one version, that in one file.
std::vector<CheckpointFiles> CompleteCheckpoints(const std::vector<storage::ObjectInfo>& listing) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::string>> parts;
  for (const storage::ObjectInfo& object : listing) {
    if (const auto name = ParseName(object.key)) {
      parts[{name->version, -name->num_parts}].push_back(object.key);
    }
  }
  std::vector<CheckpointFiles> complete;
  for (auto& [key, keys] : parts) {
    if (std::cmp_equal(keys.size(), -key.second)) {
      std::ranges::sort(keys);
      complete.push_back({.version = key.first, .keys = std::move(keys)});
    }
  }
  return complete;
}

using FieldNames = std::map<std::string, std::set<std::string>>;

// The columns of a checkpoint and the fields that each has: other programs write fewer or more.
FieldNames PresentFields(sql::Connection& connection, const std::string& url) {
  FieldNames present;
  std::string column;
  std::vector<std::int64_t> open;  // parts still to come of the root, a column, its field …
  sql::Result schema = connection.Query(fmt::format(
      "SELECT name, coalesce(num_children, 0) FROM parquet_schema({})", sql::QuoteText(url)));
  for (const auto& row : schema.Rows()) {
    const std::string& name = std::get<std::string>(row.at(0));
    if (open.size() == 1) {
      column = name;
      present[column];
    } else if (open.size() == 2) {
      present[column].insert(name);
    }
    if (!open.empty()) {
      --open.back();
    }
    open.push_back(std::get<std::int64_t>(row.at(1)));
    while (!open.empty() && open.back() == 0) {
      open.pop_back();
    }
  }
  return present;
}

// The fields of an action that weir reads, of those that are present, as a struct.
std::string ActionSql(const std::string& action, const std::vector<std::string>& wanted,
                      const std::set<std::string>& present) {
  std::vector<std::string> fields;
  for (const std::string& field : wanted) {
    if (present.contains(field)) {
      fields.push_back(fmt::format("'{0}': {1}.{0}", field, sql::QuoteName(action)));
    }
  }
  return fmt::format("{{{}}}", fmt::join(fields, ", "));
}

// Rows of a checkpoint as the lines of a log entry.
std::string LinesSql(sql::Connection& connection, const std::string& url) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wanted = {
      {"add",
       {"path", "partitionValues", "size", "modificationTime", "dataChange", "stats", "tags",
        "deletionVector"}},
      {"remove",
       {"path", "deletionTimestamp", "dataChange", "partitionValues", "size", "deletionVector"}},
      {"txn", {"appId", "version", "lastUpdated"}},
      {"metaData",
       {"id", "name", "description", "schemaString", "partitionColumns", "configuration",
        "createdTime"}},
      {"protocol", {"minReaderVersion", "minWriterVersion", "readerFeatures", "writerFeatures"}}};
  const FieldNames present = PresentFields(connection, url);
  std::vector<std::string> cases = {"WHEN false THEN NULL"};
  for (const auto& [action, fields] : wanted) {
    if (const auto column = present.find(action); column != present.end()) {
      cases.push_back(fmt::format("WHEN {0} IS NOT NULL THEN json_object('{1}', {2})",
                                  sql::QuoteName(action), action,
                                  ActionSql(action, fields, column->second)));
    }
  }
  return fmt::format(
      "SELECT line FROM (SELECT CASE {} END AS line FROM read_parquet({}, "
      "hive_partitioning=false)) WHERE line IS NOT NULL",
      fmt::join(cases, " "), sql::QuoteText(url));
}

std::vector<Action> ReadPart(const TableFolder& table, const std::string& key,
                             sql::Connection& connection) {
  const std::string url = table.store->Url(key);
  std::string text;
  try {
    const std::string lines = LinesSql(connection, url);
    for (const auto& row : connection.Query(lines).Rows()) {
      text += std::get<std::string>(row.at(0)) + "\n";
    }
  } catch (const CancelledError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw UserError("{}: the checkpoint is corrupt, truncated or missing: {}", url, error.what());
  }
  return text.empty() ? std::vector<Action>() : ParseLogEntry(text, url);
}

// The snapshot as the lines of one log entry, as a checkpoint has them.
std::string StateLines(const Snapshot& snapshot) {
  std::string text = ToJson(snapshot.protocol) + "\n" + ToJson(snapshot.metadata) + "\n";
  const std::int64_t now = Now() / 1000;
  const std::int64_t keep_txns_after = now - TransactionRetentionMillis(snapshot.metadata);
  for (const auto& [app_id, txn] : snapshot.txns) {
    if (!txn.last_updated || *txn.last_updated >= keep_txns_after) {
      text += ToJson(txn) + "\n";
    }
  }
  const std::int64_t keep_tombstones_after = now - TombstoneRetentionMillis(snapshot.metadata);
  for (RemoveFile file : snapshot.tombstones) {
    if (file.deletion_timestamp >= keep_tombstones_after) {
      file.data_change = false;
      text += ToJson(file) + "\n";
    }
  }
  for (AddFile file : snapshot.files) {
    file.data_change = false;
    text += ToJson(file) + "\n";
  }
  return text;
}

// The protocol's "Checkpoint Schema".
constexpr std::string_view kColumns = R"({
  txn: 'STRUCT("appId" VARCHAR, "version" BIGINT, "lastUpdated" BIGINT)',
  add: 'STRUCT("path" VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), "size" BIGINT, "modificationTime" BIGINT, "dataChange" BOOLEAN, "tags" MAP(VARCHAR, VARCHAR), "stats" VARCHAR)',
  remove: 'STRUCT("path" VARCHAR, "deletionTimestamp" BIGINT, "dataChange" BOOLEAN, "extendedFileMetadata" BOOLEAN, "partitionValues" MAP(VARCHAR, VARCHAR), "size" BIGINT)',
  "metaData": 'STRUCT("id" VARCHAR, "name" VARCHAR, "description" VARCHAR, "format" STRUCT("provider" VARCHAR, "options" MAP(VARCHAR, VARCHAR)), "schemaString" VARCHAR, "partitionColumns" VARCHAR[], "configuration" MAP(VARCHAR, VARCHAR), "createdTime" BIGINT)',
  protocol: 'STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER, "readerFeatures" VARCHAR[], "writerFeatures" VARCHAR[])'
})";

// A folder that goes when it does.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(std::filesystem::temp_directory_path() / ("weir-checkpoint-" + NewUuid())) {
    std::filesystem::create_directory(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string PathOf(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (!(bytes << file.rdbuf())) {
    throw ExternalError("can't read {}", path);
  }
  return std::move(bytes).str();
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  if (!(file << text) || !file.flush()) {
    throw ExternalError("can't write {}; is the disk full?", path);
  }
}

std::size_t LongestLine(const std::string& text) {
  std::size_t longest = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    longest = std::max(longest, end - start);
    start = end + 1;
  }
  return longest;
}

std::string ParquetBytes(const std::string& lines, sql::Connection& connection) {
  const TemporaryFolder folder;
  const std::string json = folder.PathOf("actions.json");
  const std::string parquet = folder.PathOf("checkpoint.parquet");
  WriteFile(json, lines);
  connection.Run(fmt::format(
      "COPY (SELECT * FROM read_json({}, format='newline_delimited', maximum_object_size={}, "
      "columns={})) TO {} (FORMAT parquet, COMPRESSION zstd)",
      sql::QuoteText(json), std::max<std::size_t>(LongestLine(lines) + 2, 1 << 20), kColumns,
      sql::QuoteText(parquet)));
  return ReadFile(parquet);
}

// The version that `_last_checkpoint` names; -1 if it is missing or no JSON.
std::int64_t PointedVersion(const TableFolder& table) {
  const auto text = table.store->Get(kPointerKey);
  const auto pointer = nlohmann::json::parse(text.value_or(""), nullptr, false);
  const bool is_known =
      pointer.is_object() && pointer.contains("version") && pointer["version"].is_number_integer();
  return is_known ? pointer["version"].get<std::int64_t>() : -1;
}

}  // namespace

std::optional<CheckpointFiles> NewestCheckpoint(const std::vector<storage::ObjectInfo>& listing,
                                                std::int64_t limit) {
  std::vector<CheckpointFiles> complete = CompleteCheckpoints(listing);
  std::erase_if(complete, [&](const CheckpointFiles& files) { return files.version > limit; });
  return complete.empty() ? std::nullopt : std::optional(std::move(complete.back()));
}

Snapshot ReadCheckpoint(const TableFolder& table, const CheckpointFiles& checkpoint,
                        sql::Connection& connection) {
  LogReplay replay;
  bool has_protocol = false;
  for (const std::string& key : checkpoint.keys) {
    std::vector<Action> actions = ReadPart(table, key, connection);
    has_protocol = has_protocol || std::ranges::any_of(actions, [](const Action& action) {
                     return std::holds_alternative<Protocol>(action);
                   });
    replay.Apply(checkpoint.version, std::move(actions));
  }
  Snapshot snapshot = replay.Finish();
  const std::string url = table.store->Url(checkpoint.keys.front());
  if (snapshot.metadata.schema_string.empty()) {
    throw UserError("{}: the checkpoint is corrupt: it has no metaData action", url);
  }
  if (!has_protocol) {
    throw UserError("{}: the checkpoint is corrupt: it has no protocol action", url);
  }
  return snapshot;
}

void WriteCheckpoint(const TableFolder& table, const Snapshot& snapshot,
                     sql::Connection& connection) {
  const std::string lines = StateLines(snapshot);
  const auto num_actions = std::ranges::count(lines, '\n');
  const std::string bytes = ParquetBytes(lines, connection);
  table.store->Put(CheckpointKey(snapshot.version), bytes);
  Failpoint("checkpoint:before-pointer");
  if (PointedVersion(table) > snapshot.version) {
    return;
  }
  table.store->Put(kPointerKey,
                   fmt::format(R"({{"version":{},"size":{},"sizeInBytes":{},"numOfAddFiles":{}}})",
                               snapshot.version, num_actions, bytes.size(), snapshot.files.size()));
}

std::int64_t CleanUpLog(const TableFolder& table, const Snapshot& snapshot) {
  if (const auto setting = snapshot.metadata.configuration.find("delta.enableExpiredLogCleanup");
      setting != snapshot.metadata.configuration.end() && setting->second == "false") {
    return 0;
  }
  constexpr Micros kDay = 86'400'000'000;
  const Micros cutoff = (Now() - LogRetentionMillis(snapshot.metadata) * 1000) / kDay * kDay;
  const auto listing = table.store->List(kLogFolder, {.start_after = {}, .recursive = false});
  std::vector<storage::ObjectInfo> old_objects = listing;
  std::erase_if(old_objects,
                [&](const storage::ObjectInfo& object) { return object.modified >= cutoff; });
  // Every version from this checkpoint on stays readable.
  const auto first_kept = NewestCheckpoint(old_objects, snapshot.version);
  if (!first_kept) {
    return 0;
  }
  std::int64_t deleted = 0;
  for (const storage::ObjectInfo& object : old_objects) {
    const auto version =
        DigitsOf(std::string_view(object.key).substr(kLogFolder.size()).substr(0, kVersionDigits));
    if (version && *version < first_kept->version) {
      table.store->Delete(object.key);
      ++deleted;
    }
  }
  return deleted;
}

}  // namespace weir::lake
