#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lake/actions.h"
#include "lake/log_names.h"
#include "sql/database.h"
#include "storage/object_store.h"

namespace weir::lake {

// A table at one version: a value, immutable once made.
struct Snapshot {
  std::int64_t version = -1;   // -1: there is no table yet
  std::int64_t timestamp = 0;  // of the version's log entry, ms
  Protocol protocol;
  Metadata metadata;
  std::vector<AddFile> files;          // live ones, by path
  std::vector<RemoveFile> tombstones;  // removed ones that the log still remembers, by path
  std::map<std::string, Txn> txns;     // by application id

  bool exists() const { return version >= 0; }
  std::int64_t num_bytes() const;
};

// Which version a reader wants: at most one of them; neither is the latest.
struct VersionChoice {
  std::optional<std::int64_t> version;
  std::optional<Micros> as_of;  // the newest version not later than this
};

// One table's folder and what is needed to read it. Not thread-safe with its connection.
struct TableFolder {
  std::shared_ptr<storage::ObjectStore> store;  // rooted at the table's folder
  std::string name;                             // for messages: "schema.name" or the path
};

// Reads the log: the newest checkpoint not after the wanted version, then the entries after it.
// `connection` reads checkpoints. Of a folder without a log gives a snapshot that doesn't exist()
// (a wanted version or time is then a UserError). Throws UserError naming the file that is corrupt,
// truncated or missing, or the versions there are.
Snapshot LoadSnapshot(const TableFolder& table, sql::Connection& connection,
                      const VersionChoice& choice = {});

// Lets queries of `database` read the store's objects where that takes more than their paths.
void AllowReads(sql::Database& database, const storage::ObjectStore& store);

// The newest version that `table`'s log has, -1 without one: a listing, no reading.
std::int64_t LatestVersion(const TableFolder& table);

// The actions of one version. Throws UserError naming the entry that is missing or corrupt.
std::vector<Action> ReadLogEntry(const TableFolder& table, std::int64_t version);

// Reader features that weir's own code lacks ("deletionVectors", "columnMapping", "v2Checkpoint"
// …): such a table is read by DuckDB's delta extension. Empty: weir reads it itself.
std::vector<std::string> UnreadableFeatures(const Snapshot& snapshot);

// Whether operations give this name to a column of their own beside a table's ("weir_file_index",
// say), so that no table that weir writes may have it.
bool IsReservedName(std::string_view column);

// Throws UserError naming the features (protocol or a timestamp_ntz column) that forbid weir to
// write to the table.
void CheckWritable(const Snapshot& snapshot, const std::string& table);

}  // namespace weir::lake
