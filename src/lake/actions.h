#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "data/schema.h"

// The actions of the Delta transaction log, after the protocol's text
// (https://github.com/delta-io/delta/blob/master/PROTOCOL.md). Times are milliseconds since 1970.
namespace weir::lake {

struct Protocol {
  int reader_version = 1;
  int writer_version = 2;
  std::vector<std::string> reader_features;  // only where the reader version is 3
  std::vector<std::string> writer_features;  // only where the writer version is 7

  friend bool operator==(const Protocol&, const Protocol&) = default;
};

struct Metadata {
  std::string id;
  std::string name;
  std::string description;
  Schema schema;
  std::string unreadable_schema;  // why `schema` is empty: a type weir doesn't know; else empty
  std::string schema_string;      // as the log has it
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  std::optional<std::int64_t> created_time;

  bool IsPartitionColumn(std::string_view column) const;
  friend bool operator==(const Metadata&, const Metadata&) = default;
};

// Partition column → its value as the protocol writes it, or nothing for null.
using PartitionValues = std::map<std::string, std::optional<std::string>>;

struct AddFile {
  std::string path;  // as in the log: percent-encoded, relative to the table's folder, or a URI
  PartitionValues partition_values;
  std::int64_t size = 0;
  std::int64_t modification_time = 0;
  bool data_change = true;
  std::string stats;  // JSON text, or empty
  std::map<std::string, std::string> tags;
  std::string deletion_vector;  // JSON text, or empty; weir never writes one

  friend bool operator==(const AddFile&, const AddFile&) = default;
};

struct RemoveFile {
  std::string path;
  std::int64_t deletion_timestamp = 0;
  bool data_change = true;
  PartitionValues partition_values;
  std::int64_t size = 0;
  std::string deletion_vector;

  friend bool operator==(const RemoveFile&, const RemoveFile&) = default;
};

struct Txn {
  std::string app_id;
  std::int64_t version = 0;
  std::optional<std::int64_t> last_updated;

  friend bool operator==(const Txn&, const Txn&) = default;
};

// Who made a commit and why: where lineage starts. Unset fields are left out.
struct CommitInfo {
  std::int64_t timestamp = 0;
  std::string operation;                          // "WRITE", "MERGE", "OPTIMIZE" …
  std::map<std::string, std::string> parameters;  // operationParameters
  std::map<std::string, std::string> metrics;     // operationMetrics
  std::string run_id;
  int attempt = 0;
  std::string job;
  std::string interval;  // "start/end"
  std::string code_hash;
  std::map<std::string, std::int64_t> input_versions;  // table → version read
  std::string engine;                                  // "weir/0.1.0", or another program's
  std::optional<std::int64_t> read_version;
  bool is_blind_append = false;

  friend bool operator==(const CommitInfo&, const CommitInfo&) = default;
};

using Action = std::variant<Protocol, Metadata, AddFile, RemoveFile, Txn, CommitInfo>;

// One line of a log entry, without the newline.
std::string ToJson(const Action& action);

// All actions of one log entry that weir knows (cdc, domainMetadata and the like are skipped).
// Throws UserError naming `file` and the line for text that is no log entry.
std::vector<Action> ParseLogEntry(const std::string& text, std::string_view file);

// The schema as the log's schemaString, and back. Parsing throws UserError naming the column whose
// type weir doesn't know.
std::string SchemaToJson(const Schema& schema);
Schema ParseSchemaJson(std::string_view json);

// The file's key below the table's folder; the text itself if it is absolute or a URI.
std::string DecodePath(std::string_view log_path);
std::string EncodePath(std::string_view key);

}  // namespace weir::lake
