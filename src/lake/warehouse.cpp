#include "lake/warehouse.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <ranges>
#include <set>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/nearest_name.h"
#include "lake/finish_intent.h"
#include "lake/suggest_table.h"
#include "storage/stores.h"

namespace weir::lake {
namespace {

bool IsPlainPart(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.front() != '_' &&
         part.find_first_of("/\\:@'\"") == std::string_view::npos;
}

struct TableName {
  std::string_view schema;
  std::string_view table;
};

std::optional<TableName> SplitName(std::string_view name) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) {
    return std::nullopt;
  }
  const TableName parts{.schema = name.substr(0, dot), .table = name.substr(dot + 1)};
  const bool plain = IsPlainPart(parts.schema) && IsPlainPart(parts.table) &&
                     parts.table.find('.') == std::string_view::npos;
  return plain ? std::optional(parts) : std::nullopt;
}

[[noreturn]] void ThrowNoName(std::string_view table, const std::string& more) {
  throw UserError(
      "'{}' is not a table's name; expected schema.name, such as metastore.events (no '/', '@', "
      "quotes or colons, and no part that begins with '_'){}",
      table, more);
}

bool HasLog(const storage::ObjectStore& store, const std::string& folder) {
  const auto listing = store.List(folder + "/_delta_log/",
                                  {.start_after = {}, .recursive = false, .names_only = true});
  return std::ranges::any_of(listing, [](const storage::ObjectInfo& object) {
    return object.key.ends_with(".json") || object.key.ends_with(".parquet");
  });
}

// Whether readers who saw `intents` and then these versions (kPinned: that before an intent) saw
// one moment: no table has moved since, and the same runs are committing.
constexpr std::int64_t kPinned = -2;
bool IsOneMoment(const storage::ObjectStore& store, const std::vector<TableFolder>& folders,
                 const std::vector<std::int64_t>& versions, const std::vector<Intent>& intents) {
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (versions[i] != kPinned && folders[i].store->Head(LogEntryKey(versions[i] + 1))) {
      return false;
    }
  }
  return RunsOn(ListIntents(store), folders) == RunsOn(intents, folders);
}

// The tables that the intents make. One that can't be read says nothing of its tables' versions.
std::set<std::string> TablesMadeBy(const std::vector<Intent>& intents) {
  std::set<std::string> made;
  for (const Intent& intent : intents) {
    for (const IntentTable& part : intent.tables) {
      if (intent.problem.empty() && part.base_version < 0) {
        made.insert(part.table);
      }
    }
  }
  return made;
}

// The tables in the folders of `store`, whoever makes them.
std::vector<std::string> TablesIn(const storage::ObjectStore& store, bool all) {
  std::vector<std::string> names;
  for (const std::string& schema : store.ListFolders("")) {
    if (!IsPlainPart(schema) || (schema == "weir" && !all)) {
      continue;
    }
    for (const std::string& table : store.ListFolders(schema + "/")) {
      std::string name = fmt::format("{}.{}", schema, table);
      if (SplitName(name) && HasLog(store, fmt::format("{}/{}", schema, table))) {
        names.push_back(std::move(name));
      }
    }
  }
  return names;
}

// Adds the run's txn to what is to be committed.
Intent MakeIntent(const std::string& run_id, std::vector<TableChanges>& parts) {
  Intent intent{.run_id = run_id, .owner = CurrentProcess(), .created = Now(), .tables = {}};
  std::ranges::sort(parts, {}, &TableChanges::table);
  if (std::ranges::adjacent_find(parts, {}, &TableChanges::table) != parts.end()) {
    throw UserError("run {} would commit one table twice", run_id);
  }
  for (TableChanges& part : parts) {
    CheckWritable(part.base, part.table);
    part.changes.txns.push_back(
        {.app_id = "weir:" + run_id, .version = 1, .last_updated = Now() / 1000});
    part.changes.info.run_id = run_id;
    intent.tables.push_back({.table = part.table, .base_version = -1, .changes = part.changes});
  }
  return intent;
}

// Settles, under the tables' locks, which version each part will be, and stamps it. False if the
// run's commit is in the tables already.
bool PlaceIntent(Warehouse& warehouse, const std::vector<TableChanges>& parts, Intent& intent) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto version =
        NextVersion(warehouse.FolderOf(parts[i].table), parts[i].base, parts[i].changes);
    if (!version) {
      return false;
    }
    intent.tables[i].base_version = *version - 1;
    StampInfo(parts[i].base, intent.tables[i].changes.info);
  }
  intent.created = Now();
  return true;
}

}  // namespace

Warehouse::Warehouse(std::string_view url, sql::Database& database, Access access)
    : store_(database.stores().Open(url)),
      database_(database),
      connection_(database.Connect()),
      access_(access) {}

Warehouse::~Warehouse() = default;

std::string Warehouse::root() const { return store_->root(); }

void Warehouse::SetStopToken(std::stop_token token) {
  stop_ = std::move(token);
  connection_.SetStopToken(stop_);
}

sql::Connection Warehouse::Connect() {
  sql::Connection connection = database_.Connect();
  connection.SetStopToken(stop_);
  return connection;
}

sql::Connection Warehouse::ConnectTo(sql::Database& other) {
  sql::Connection connection = other.Connect();
  connection.SetStopToken(stop_);
  return connection;
}

// A run may begin and end between two looks at its intent: its tables may be seen half then, which
// only a list of what is there can't tell.
std::vector<std::string> Warehouse::TableNames(bool all) {
  std::vector<std::string> names;
  try {
    FinishLeft({});
    std::set<std::string> before;
    std::set<std::string> made = TablesMadeBy(ListIntents(*store_));
    do {
      before = std::move(made);
      names = TablesIn(*store_, all);
      made = TablesMadeBy(ListIntents(*store_));
    } while (made != before);
    std::erase_if(names, [&](const std::string& name) { return made.contains(name); });
  } catch (const UserError&) {  // an intent whose tables can't be told; who opens one is told
    names = TablesIn(*store_, all);
  }
  return names;
}

TableFolder Warehouse::FolderOf(std::string_view table) {
  const auto name = SplitName(table);
  if (!name) {
    ThrowNoName(table, "");
  }
  AllowReads(database_, *store_);
  return {.store = store_->Below(fmt::format("{}/{}", name->schema, name->table)),
          .name = std::string(table)};
}

TableFolder Warehouse::Resolve(std::string_view name_or_path) {
  const bool is_path = name_or_path.find('/') != std::string_view::npos || name_or_path == "." ||
                       name_or_path == "..";
  if (!is_path && !SplitName(name_or_path)) {
    ThrowNoName(name_or_path, ", or a path with a '/' in it" + SuggestTable(*this, name_or_path));
  }
  if (!is_path) {
    return FolderOf(name_or_path);
  }
  TableFolder folder{.store = database_.stores().Open(name_or_path),
                     .name = std::string(name_or_path)};
  AllowReads(database_, *folder.store);
  const auto inside =
      std::filesystem::path(folder.store->root()).lexically_relative(store_->root());
  const std::vector<std::filesystem::path> parts(inside.begin(), inside.end());
  if (parts.size() == 2 && parts[0] != "..") {
    const std::string name = parts[0].string() + "." + parts[1].string();
    if (SplitName(name)) {
      return FolderOf(name);
    }
  }
  return folder;
}

// A path has a '/' in it, which a name hasn't.
bool Warehouse::Holds(const TableFolder& table) const { return SplitName(table.name).has_value(); }

template <typename Look>
auto Warehouse::AtOneMoment(const std::vector<std::string>& tables, Look look) {
  constexpr int kTriesWithoutLocks = 20;
  std::vector<TableFolder> folders;
  std::ranges::transform(tables, std::back_inserter(folders),
                         [this](const std::string& table) { return FolderOf(table); });
  decltype(look(folders)) found;
  for (int tries = 0; !found; ++tries) {
    FinishLeft(tables);
    if (tries < kTriesWithoutLocks || is_read_only()) {
      found = look(folders);
    } else {
      const TableLocks locks(*this, tables);
      found = look(folders);
    }
  }
  return std::move(*found);
}

std::vector<Snapshot> Warehouse::OpenTogether(const std::vector<std::string>& tables,
                                              bool must_exist) {
  std::vector<Snapshot> snapshots =
      AtOneMoment(tables, [this](const auto& folders) { return TryOpenTogether(folders); });
  for (std::size_t i = 0; must_exist && i < tables.size(); ++i) {
    if (!snapshots[i].exists()) {
      throw UserError("there is no table {}{}", tables[i], DidYouMean(tables[i], TableNames()));
    }
  }
  return snapshots;
}

std::vector<std::int64_t> Warehouse::VersionsTogether(const std::vector<std::string>& tables) {
  return AtOneMoment(tables, [this](const auto& folders) { return TryVersions(folders); });
}

std::int64_t Warehouse::VersionOf(const TableFolder& table) {
  return Holds(table) ? VersionsTogether({table.name}).front() : LatestVersion(table);
}

std::optional<std::vector<Snapshot>> Warehouse::TryOpenTogether(
    const std::vector<TableFolder>& folders) {
  const std::vector<Intent> intents = ListIntents(*store_);
  std::vector<Snapshot> snapshots;
  std::vector<std::int64_t> versions;
  for (const TableFolder& folder : folders) {
    const auto part = IntentOn(intents, folder.name);
    VersionChoice choice;
    if (part) {
      choice.version = part->table->base_version;
    }
    const bool is_new = choice.version && *choice.version < 0;
    snapshots.push_back(is_new ? Snapshot{} : LoadSnapshot(folder, connection_, choice));
    versions.push_back(part ? kPinned : snapshots.back().version);
  }
  return IsOneMoment(*store_, folders, versions, intents) ? std::optional(std::move(snapshots))
                                                          : std::nullopt;
}

std::optional<std::vector<std::int64_t>> Warehouse::TryVersions(
    const std::vector<TableFolder>& folders) {
  const std::vector<Intent> intents = ListIntents(*store_);
  std::vector<std::int64_t> found;
  std::vector<std::int64_t> seen;
  for (const TableFolder& folder : folders) {
    const auto part = IntentOn(intents, folder.name);
    found.push_back(part ? part->table->base_version : LatestVersion(folder));
    seen.push_back(part ? kPinned : found.back());
  }
  return IsOneMoment(*store_, folders, seen, intents) ? std::optional(std::move(found))
                                                      : std::nullopt;
}

Snapshot Warehouse::Open(const TableFolder& table, const VersionChoice& choice) {
  const bool is_ours = Holds(table);
  if (!is_ours || choice.version || choice.as_of) {
    if (is_ours) {
      FinishLeft({table.name});
    }
    return LoadSnapshot(table, connection_, choice);
  }
  return OpenTogether({table.name}, false).front();
}

std::int64_t Warehouse::Commit(const TableFolder& table, const Snapshot& base,
                               const Changes& changes) {
  RequireWritable();
  FinishDeadRuns(*this, {{table.name}});
  std::optional<std::int64_t> version;
  while (!version) {
    auto lock = LockTable(table);
    if (!IntentOn(ListIntents(*store_), table.name)) {
      lock->Check();
      version = CommitLocked(table, base, changes);
      break;
    }
    lock.reset();
    FinishLeftOn(*this, {table.name});
  }
  CheckpointIfDue(table, changes.metadata.value_or(base.metadata), *version, connection_);
  return *version;
}

std::map<std::string, std::int64_t> Warehouse::CommitTogether(const std::string& run_id,
                                                              std::vector<TableChanges> parts) {
  RequireWritable();
  Intent intent = MakeIntent(run_id, parts);
  const std::vector<std::string> tables = TablesOf(intent);
  FinishDeadRuns(*this, tables);
  while (!TryCommitTogether(parts, intent)) {
    FinishLeftOn(*this, tables);
  }
  std::map<std::string, std::int64_t> versions;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::int64_t version = intent.tables[i].base_version + 1;
    versions[parts[i].table] = version;
    CheckpointIfDue(FolderOf(parts[i].table),
                    parts[i].changes.metadata.value_or(parts[i].base.metadata), version,
                    connection_);
  }
  return versions;
}

bool Warehouse::TryCommitTogether(const std::vector<TableChanges>& parts, Intent& intent) {
  const std::vector<std::string> tables = TablesOf(intent);
  const TableLocks locks(*this, tables);
  const std::vector<Intent> intents = ListIntents(*store_);
  for (const std::string& table : tables) {
    if (IntentOn(intents, table)) {
      return false;
    }
  }
  if (!PlaceIntent(*this, parts, intent)) {
    LogInfo("run {} is committed already", intent.run_id);
    return true;
  }
  locks.Check();
  Failpoint("intent:before-put");
  if (!store_->PutIfAbsent(IntentKey(intent.run_id), ToJson(intent))) {
    throw ConflictError("run {} is being committed by another attempt", intent.run_id);
  }
  Failpoint("intent:after-put");
  FinishLocked(*this, intent);
  return true;
}

std::vector<std::string> Warehouse::RollForward() {
  RequireWritable();
  return FinishDeadRuns(*this);
}

void Warehouse::FinishLeft(const std::vector<std::string>& tables) {
  if (!is_read_only()) {
    FinishDeadRuns(*this, tables);
  }
}

void Warehouse::RequireWritable() const {
  if (is_read_only()) {
    throw UserError("the warehouse {} is only read from here", root());
  }
}

}  // namespace weir::lake
