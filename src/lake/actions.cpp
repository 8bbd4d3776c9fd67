#include "lake/actions.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/percent.h"

namespace weir::lake {
namespace {

using Json = nlohmann::ordered_json;

Json ToJsonObject(const PartitionValues& values) {
  Json object = Json::object();
  for (const auto& [column, value] : values) {
    object[column] = value ? Json(*value) : Json(nullptr);
  }
  return object;
}

Json ToJsonObject(const std::map<std::string, std::string>& texts) {
  Json object = Json::object();
  for (const auto& [key, value] : texts) {
    object[key] = value;
  }
  return object;
}

Json ActionJson(const Protocol& protocol) {
  Json body = {{"minReaderVersion", protocol.reader_version},
               {"minWriterVersion", protocol.writer_version}};
  constexpr int kReaderWithFeatures = 3;
  constexpr int kWriterWithFeatures = 7;
  if (protocol.reader_version >= kReaderWithFeatures) {
    body["readerFeatures"] = protocol.reader_features;
  }
  if (protocol.writer_version >= kWriterWithFeatures) {
    body["writerFeatures"] = protocol.writer_features;
  }
  return {{"protocol", body}};
}

Json ActionJson(const Metadata& metadata) {
  Json body = {{"id", metadata.id}};
  if (!metadata.name.empty()) {
    body["name"] = metadata.name;
  }
  if (!metadata.description.empty()) {
    body["description"] = metadata.description;
  }
  body["format"] = {{"provider", "parquet"}, {"options", Json::object()}};
  body["schemaString"] =
      metadata.schema_string.empty() ? SchemaToJson(metadata.schema) : metadata.schema_string;
  body["partitionColumns"] = metadata.partition_columns;
  body["configuration"] = ToJsonObject(metadata.configuration);
  if (metadata.created_time) {
    body["createdTime"] = *metadata.created_time;
  }
  return {{"metaData", body}};
}

Json ActionJson(const AddFile& add) {
  Json body = {{"path", add.path},
               {"partitionValues", ToJsonObject(add.partition_values)},
               {"size", add.size},
               {"modificationTime", add.modification_time},
               {"dataChange", add.data_change}};
  if (!add.stats.empty()) {
    body["stats"] = add.stats;
  }
  if (!add.tags.empty()) {
    body["tags"] = ToJsonObject(add.tags);
  }
  if (!add.deletion_vector.empty()) {
    body["deletionVector"] = Json::parse(add.deletion_vector);
  }
  return {{"add", body}};
}

Json ActionJson(const RemoveFile& remove) {
  Json body = {{"path", remove.path},
               {"deletionTimestamp", remove.deletion_timestamp},
               {"dataChange", remove.data_change},
               {"extendedFileMetadata", true},
               {"partitionValues", ToJsonObject(remove.partition_values)},
               {"size", remove.size}};
  if (!remove.deletion_vector.empty()) {
    body["deletionVector"] = Json::parse(remove.deletion_vector);
  }
  return {{"remove", body}};
}

Json ActionJson(const Txn& txn) {
  Json body = {{"appId", txn.app_id}, {"version", txn.version}};
  if (txn.last_updated) {
    body["lastUpdated"] = *txn.last_updated;
  }
  return {{"txn", body}};
}

Json ActionJson(const CommitInfo& info) {
  Json body = {{"timestamp", info.timestamp},
               {"operation", info.operation},
               {"operationParameters", ToJsonObject(info.parameters)},
               {"operationMetrics", ToJsonObject(info.metrics)},
               {"engineInfo", info.engine},
               {"isBlindAppend", info.is_blind_append}};
  if (info.read_version) {
    body["readVersion"] = *info.read_version;
  }
  const auto set = [&body](const char* key, const std::string& value) {
    if (!value.empty()) {
      body[key] = value;
    }
  };
  set("runId", info.run_id);
  if (info.attempt > 0) {
    body["attempt"] = info.attempt;
  }
  set("job", info.job);
  set("interval", info.interval);
  set("codeHash", info.code_hash);
  if (!info.input_versions.empty()) {
    body["inputVersions"] = info.input_versions;
  }
  return {{"commitInfo", body}};
}

}  // namespace

bool Metadata::IsPartitionColumn(std::string_view column) const {
  return std::ranges::any_of(partition_columns,
                             [&](const std::string& other) { return SameName(other, column); });
}

std::string ToJson(const Action& action) {
  return std::visit([](const auto& held) { return ActionJson(held).dump(); }, action);
}

std::string DecodePath(std::string_view log_path) {
  const bool is_uri = log_path.find("://") != std::string_view::npos ||
                      log_path.starts_with("file:") || log_path.starts_with('/');
  return is_uri ? std::string(log_path) : PercentDecode(log_path);
}

std::string EncodePath(std::string_view key) {
  // What Spark and delta-rs leave as it is in a relative path.
  return PercentEncode(key, "/=+!$&'()*,;:@");
}

}  // namespace weir::lake
