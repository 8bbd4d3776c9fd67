#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lake/commit.h"
#include "lake/snapshot.h"
#include "sql/database.h"
#include "storage/object_store.h"

namespace weir::lake {

struct Intent;

// One table's part of a commit of several.
struct TableChanges {
  std::string table;  // "schema.name"
  Snapshot base;
  Changes changes;
};

// What may be done with a warehouse. One that is only read stays as it is, to the byte: what dead
// runs left in it isn't finished, their tables are read as they were before.
enum class Access : std::uint8_t { kWrite, kRead };

// The folder where a project's tables lie, `<root>/<schema>/<name>`, and the commit point of runs
// that write several (`<root>/_weir/intents/<run id>.json`). Not thread-safe.
class Warehouse {
 public:
  // `database` must outlive the warehouse. The folder need not exist yet.
  Warehouse(std::string_view url, sql::Database& database, Access access = Access::kWrite);
  ~Warehouse();

  std::string root() const;
  bool is_read_only() const { return access_ == Access::kRead; }
  storage::ObjectStore& store() { return *store_; }
  sql::Connection& connection() { return connection_; }
  sql::Database& database() { return database_; }

  // From now on queries of connection() and of Connect()'s end with CancelledError soon after a
  // stop.
  void SetStopToken(std::stop_token token);
  // Another connection, for work beside connection()'s. May be called from any thread.
  sql::Connection Connect();
  // The same to another database.
  sql::Connection ConnectTo(sql::Database& other);

  // Tables by name ("schema.name"), sorted, without those of schema "weir" unless `all`. First
  // completes what dead runs left; a table that a run is just making isn't among them yet.
  std::vector<std::string> TableNames(bool all = false);

  // The folder of "schema.name". Throws UserError for a name that is not two plain parts.
  TableFolder FolderOf(std::string_view table);
  // A table by "schema.name", or by path ("./x", "a/b", "/x", "file://…"). A path inside the
  // warehouse is the table of that name.
  TableFolder Resolve(std::string_view name_or_path);

  // Whether the table is one of this warehouse, not one at some path.
  bool Holds(const TableFolder& table) const;

  // Snapshots of several tables, all as they were at one moment, so that of a run that wrote
  // several of them all are old or all are new. First completes what dead runs left; tables of a
  // run that is just committing are read at the version before. A table that isn't there doesn't
  // exist(); with `must_exist` that is a UserError with the nearest name.
  std::vector<Snapshot> OpenTogether(const std::vector<std::string>& tables, bool must_exist);
  // The versions that OpenTogether() would open, without their files; -1: no such table.
  std::vector<std::int64_t> VersionsTogether(const std::vector<std::string>& tables);
  // The newest version of one table that may be read, of a table elsewhere that its log has; -1: no
  // such table.
  std::int64_t VersionOf(const TableFolder& table);
  Snapshot Open(const TableFolder& table, const VersionChoice& choice = {});

  // Commits one table, after completing what dead runs left on it. This and what follows throws
  // UserError for a warehouse that is only read.
  std::int64_t Commit(const TableFolder& table, const Snapshot& base, const Changes& changes);

  // Commits all of `parts` or none. The intent object is the commit point; each table's commit
  // carries txn `weir:<run id>` version 1, so that anyone can finish it. Throws ConflictError, with
  // nothing visible, if one of them can't be. Returns the version that has each table's part.
  std::map<std::string, std::int64_t> CommitTogether(const std::string& run_id,
                                                     std::vector<TableChanges> parts);

  // Finishes what dead runs left, if this may write, for who looks whether tables are there. Throws
  // what can't be finished on one of `tables`; other failures are logged.
  void FinishLeft(const std::vector<std::string>& tables);

  // Finishes the commits of runs whose process is dead. Returns their run ids. Throws what can't be
  // finished, after all that can; everything else here throws it only for tables that it concerns.
  std::vector<std::string> RollForward();

 private:
  void RequireWritable() const;
  // What `look` finds in the tables' folders once it finds something: it gives nothing where a
  // commit came in between.
  template <typename Look>
  auto AtOneMoment(const std::vector<std::string>& tables, Look look);
  std::optional<std::vector<Snapshot>> TryOpenTogether(const std::vector<TableFolder>& folders);
  std::optional<std::vector<std::int64_t>> TryVersions(const std::vector<TableFolder>& folders);
  // False if a dead run's intent on one of the tables must be finished first.
  bool TryCommitTogether(const std::vector<TableChanges>& parts, Intent& intent);

  std::shared_ptr<storage::ObjectStore> store_;
  sql::Database& database_;
  sql::Connection connection_;
  Access access_;
  std::stop_token stop_;
};

}  // namespace weir::lake
