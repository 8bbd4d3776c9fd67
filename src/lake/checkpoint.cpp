// Checkpoints are read and written as the JSON lines of a log entry, which DuckDB turns into the
// protocol's columns and back: one parser for both forms of the log.
#include "lake/checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/run_id.h"
#include "lake/boolean_setting.h"
#include "lake/log_names.h"
#include "lake/log_replay.h"
#include "lake/retention.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

constexpr std::string_view kPointerKey = "_delta_log/_last_checkpoint";

std::string CheckpointKey(std::int64_t version) {
  return fmt::format("{}{:020}.checkpoint.parquet", kLogFolder, version);
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
      {"protocol", {"minReaderVersion", "minWriterVersion", "readerFeatures", "writerFeatures"}},
      {"sidecar", {"path"}}};
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

// The actions of a checkpoint's file, as the lines of a log entry.
std::string ReadLines(const TableFolder& table, const std::string& key,
                      sql::Connection& connection) {
  const std::string url = table.store->Url(key);
  std::string text;
  try {
    if (key.ends_with(".json")) {
      return table.store->Get(key).value_or("");
    }
    const std::string lines = LinesSql(connection, url);
    for (const auto& row : connection.Query(lines).Rows()) {
      text += std::get<std::string>(row.at(0)) + "\n";
    }
  } catch (const CancelledError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw UserError("{}: the checkpoint is corrupt, truncated or missing: {}", url, error.what());
  }
  return text;
}

// The path in a sidecar action; nothing in another line.
std::optional<std::string> SidecarPath(const std::string& line) {
  const auto action = nlohmann::json::parse(line, nullptr, false);
  const nlohmann::json::json_pointer pointer("/sidecar/path");
  const bool has_path =
      action.is_object() && action.contains(pointer) && action[pointer].is_string();
  return has_path ? std::optional(action[pointer].get<std::string>()) : std::nullopt;
}

// The files beside a V2 checkpoint that hold its adds and removes.
std::vector<std::string> SidecarKeys(const std::string& lines) {
  std::vector<std::string> keys;
  if (lines.find("\"sidecar\"") == std::string::npos) {
    return keys;
  }
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);) {
    if (const auto path = SidecarPath(line)) {
      const std::string name = DecodePath(path->substr(path->rfind('/') + 1));
      keys.push_back(fmt::format("{}_sidecars/{}", kLogFolder, name));
    }
  }
  return keys;
}

// What a checkpoint holds, file by file.
class CheckpointReader {
 public:
  CheckpointReader(const TableFolder& table, std::int64_t version, sql::Connection& connection)
      : table_(table), version_(version), connection_(connection) {}

  // Returns the keys of the sidecars that the file names.
  std::vector<std::string> Read(const std::string& key) {
    const std::string lines = ReadLines(table_, key, connection_);
    if (!lines.empty() || key.ends_with(".json")) {
      std::vector<Action> actions = ParseLogEntry(lines, table_.store->Url(key));
      has_protocol_ = has_protocol_ || std::ranges::any_of(actions, [](const Action& action) {
                        return std::holds_alternative<Protocol>(action);
                      });
      replay_.Apply(version_, std::move(actions));
    }
    return SidecarKeys(lines);
  }

  bool has_protocol() const { return has_protocol_; }
  Snapshot Finish() { return replay_.Finish(); }

 private:
  const TableFolder& table_;
  std::int64_t version_;
  sql::Connection& connection_;
  LogReplay replay_;
  bool has_protocol_ = false;
};

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

Snapshot ReadCheckpoint(const TableFolder& table, const CheckpointFiles& checkpoint,
                        sql::Connection& connection) {
  CheckpointReader reader(table, checkpoint.version, connection);
  for (const std::string& key : checkpoint.keys) {
    for (const std::string& sidecar : reader.Read(key)) {
      reader.Read(sidecar);
    }
  }
  const bool has_protocol = reader.has_protocol();
  Snapshot snapshot = reader.Finish();
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
  if (!BooleanSetting(snapshot.metadata, "delta.enableExpiredLogCleanup").value_or(true)) {
    return 0;
  }
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
    const auto version = VersionInName(object.key);
    if (version && *version < first_kept->version) {
      table.store->Delete(object.key);
      ++deleted;
    }
  }
  return deleted;
}

}  // namespace weir::lake
