#include "jobs/ledger/cache_file.h"

#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/run_id.h"

namespace weir::jobs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormat = "2";

constexpr auto kTables = R"(
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE objects (key TEXT PRIMARY KEY, identity TEXT) WITHOUT ROWID;
CREATE TABLE files (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE runs (
  run TEXT, attempt INTEGER, job TEXT, partition TEXT, start INTEGER, end INTEGER,
  generation INTEGER, state INTEGER, started INTEGER, renewed INTEGER, certainty INTEGER,
  settled INTEGER DEFAULT 0, record TEXT, PRIMARY KEY (run, attempt));
CREATE TABLE generations (
  job TEXT, partition TEXT, counter INTEGER, PRIMARY KEY (job, partition)) WITHOUT ROWID;
CREATE TABLE remembered (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
)";

constexpr auto kIndexes = R"(
CREATE INDEX runs_by_interval ON runs (job, partition, start, end, generation, attempt);
CREATE INDEX runs_by_start ON runs (started);
CREATE INDEX runs_in_objects ON runs (certainty) WHERE certainty < 3;
)";

bool IsOf(SqliteDatabase& database, const std::string& root) {
  if (!database.Use("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").Begin().Step()) {
    return false;
  }
  SqliteStatement& meta = database.Use("SELECT value FROM meta WHERE name = ?");
  const bool same_format = meta.Begin("format").Step() && meta.Text(0) == kFormat;
  return same_format && meta.Begin("root").Step() && meta.Text(0) == root;
}

}  // namespace

CreationLock::CreationLock(const fs::path& cache)
    : file_(open((cache.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (file_ < 0 || flock(file_, LOCK_EX) != 0) {
    throw ExternalError(
        "{}", SystemMessage(
                  fmt::format("the cache of the ledger can't be locked: {}.lock", cache.string()),
                  errno));
  }
}

CreationLock::~CreationLock() { close(file_); }

bool IsUsable(const fs::path& path, const std::string& root) {
  try {
    if (!fs::exists(path)) {
      return false;
    }
    SqliteDatabase database(path, SqliteUse::kShared);
    return IsOf(database, root);
  } catch (const DamagedDatabase& error) {
    LogDebug("{}; it is made anew", error.what());
    return false;
  }
}

fs::path Emptied(const fs::path& path) {
  for (const char* suffix : {"-wal", "-shm", "-journal", ""}) {
    fs::remove(path.string() + suffix);
  }
  return path;
}

void MakeTables(SqliteDatabase& database, const std::string& root) {
  database.Execute(kTables);
  SqliteStatement& meta = database.Use("INSERT INTO meta VALUES (?, ?)");
  meta.Begin("format", kFormat).Run();
  meta.Begin("root", root).Run();
  meta.Begin("epoch", NewUuid()).Run();
}

void MakeIndexes(SqliteDatabase& database) { database.Execute(kIndexes); }

}  // namespace weir::jobs
