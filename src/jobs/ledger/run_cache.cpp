#include "jobs/ledger/run_cache.h"

#include <algorithm>

#include <fmt/format.h>

#include "jobs/ledger/cache_file.h"

namespace weir::jobs {
namespace {

namespace fs = std::filesystem;

// The first row as `read` takes it; the statement is free again on return.
template <typename Read>
auto First(SqliteStatement& row, const Read& read) -> std::optional<decltype(read(row))> {
  std::optional<decltype(read(row))> found;
  if (row.Step()) {
    found = read(row);
    row.Reset();
  }
  return found;
}

std::string TextOf(SqliteStatement& row) { return std::string(row.Text(0)); }
std::int64_t IntegerOf(SqliteStatement& row) { return row.Integer(0); }

}  // namespace

RunCache::RunCache(const fs::path& path, const std::string& root, const Fill& fill)
    : database_(MakeUsable(path, root, fill), SqliteUse::kShared) {}

RunCache::RunCache(const fs::path& path, const std::string& root)
    : database_(Emptied(path), SqliteUse::kAlone) {
  MakeTables(database_, root);
}

void RunCache::Delete(const fs::path& path) {
  const CreationLock lock(path);
  Emptied(path);
}

fs::path RunCache::MakeUsable(const fs::path& path, const std::string& root, const Fill& fill) {
  fs::create_directories(path.parent_path());
  const CreationLock lock(path);
  if (!IsUsable(path, root)) {
    const fs::path fresh = path.string() + ".new";
    {
      RunCache cache(fresh, root);
      fill(cache);
      MakeIndexes(cache.database_);
    }
    Emptied(path);
    fs::rename(fresh, path);
  }
  return path;
}

std::string RunCache::Meta(std::string_view name) {
  SqliteStatement& row = database_.Use("SELECT value FROM meta WHERE name = ?").Begin(name);
  return First(row, TextOf).value_or("");
}

void RunCache::SetMeta(std::string_view name, std::string_view value) {
  database_.Use("INSERT OR REPLACE INTO meta VALUES (?, ?)").Begin(name, value).Run();
}

std::map<std::string, std::string> RunCache::Objects() {
  std::map<std::string, std::string> objects;
  SqliteStatement& row = database_.Use("SELECT key, identity FROM objects ORDER BY key").Begin();
  while (row.Step()) {
    objects.emplace_hint(objects.end(), row.Text(0), row.Text(1));
  }
  return objects;
}

void RunCache::AddObject(const std::string& key, const std::string& identity) {
  database_.Use("INSERT OR REPLACE INTO objects VALUES (?, ?)").Begin(key, identity).Run();
}

void RunCache::DropObject(const std::string& key) {
  database_.Use("DELETE FROM objects WHERE key = ?").Begin(key).Run();
}

void RunCache::DropRunsWithoutObjects() {
  SqliteStatement& row = database_.Use(
      "SELECT run, attempt, job, partition FROM runs AS r WHERE certainty < 3 AND NOT EXISTS ("
      "SELECT 1 FROM objects WHERE key IN ('_weir/runs/' || r.run || '.' || r.attempt || '.json',"
      " '_weir/runs/' || r.run || '.' || r.attempt || '.end.json'))");
  std::vector<AttemptName> gone;
  row.Begin();
  while (row.Step()) {
    gone.push_back({.run = std::string(row.Text(0)), .attempt = static_cast<int>(row.Integer(1))});
    Touch(row.Text(2), row.Text(3));
  }
  for (const AttemptName& name : gone) {
    database_.Use("DELETE FROM runs WHERE run = ? AND attempt = ?")
        .Begin(name.run, name.attempt)
        .Run();
  }
}

std::set<std::string> RunCache::Files() {
  std::set<std::string> paths;
  SqliteStatement& row = database_.Use("SELECT path FROM files ORDER BY path").Begin();
  while (row.Step()) {
    paths.emplace_hint(paths.end(), row.Text(0));
  }
  return paths;
}

void RunCache::AddFile(const std::string& path) {
  database_.Use("INSERT OR IGNORE INTO files VALUES (?)").Begin(path).Run();
}

void RunCache::DropCompacted() {
  SqliteStatement& row =
      database_.Use("SELECT DISTINCT job, partition FROM runs WHERE certainty = 3").Begin();
  while (row.Step()) {
    Touch(row.Text(0), row.Text(1));
  }
  database_.Execute("DELETE FROM runs WHERE certainty = 3");
  database_.Execute("DELETE FROM files");
}

void RunCache::Put(const CachedRun& run) {
  const RunRecord& record = run.record;
  const std::string id = record.key.id();
  const std::string json = ToJson(record);
  SqliteStatement& known =
      database_.Use("SELECT certainty, record FROM runs WHERE run = ? AND attempt = ?")
          .Begin(id, record.attempt);
  if (known.Step()) {
    const auto certainty = static_cast<Certainty>(known.Integer(0));
    const bool is_same = known.Text(1) == json;
    known.Reset();
    if (certainty > run.certainty || (certainty == run.certainty && is_same)) {
      return;
    }
  }
  database_
      .Use(
          "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO UPDATE"
          " SET state = excluded.state, certainty = excluded.certainty, record = excluded.record,"
          " renewed = excluded.renewed")
      .Begin(id, record.attempt, record.key.job, record.key.partition, record.key.interval.start,
             record.key.interval.end, record.key.generation, static_cast<int>(record.state),
             record.started, record.renewed, static_cast<int>(run.certainty), json)
      .Run();
  Touch(record.key.job, record.key.partition);
}

void RunCache::PutRow(const RunRow& row) {
  constexpr auto kCompacted = static_cast<int>(Certainty::kCompacted);
  SqliteStatement& insert =
      database_.Use("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)");
  const int inserted =
      insert
          .Begin(row.run, row.attempt, row.job, row.partition, row.start, row.end, row.generation,
                 row.state, row.started, row.started, kCompacted, row.record)
          .Run();
  if (inserted > 0) {
    Touch(row.job, row.partition);
    return;
  }
  SqliteStatement& known = database_.Use("SELECT record FROM runs WHERE run = ? AND attempt = ?")
                               .Begin(row.run, row.attempt);
  if (known.Step() && known.Text(0) != row.record) {
    Touch(row.job, row.partition);
  }
  known.Reset();
  database_
      .Use("UPDATE runs SET state = ?, certainty = ?, record = ? WHERE run = ? AND attempt = ?")
      .Begin(row.state, kCompacted, row.record, row.run, row.attempt)
      .Run();
}

void RunCache::Renew(const AttemptName& name, Micros renewed) {
  database_
      .Use(
          "UPDATE runs SET renewed = ? WHERE run = ? AND attempt = ? AND certainty = 0"
          " AND renewed <> ?")
      .Begin(renewed, name.run, name.attempt, renewed)
      .Run();
}

void RunCache::Settle(const AttemptName& name) {
  database_.Use("UPDATE runs SET settled = 1 WHERE run = ? AND attempt = ?")
      .Begin(name.run, name.attempt)
      .Run();
}

CachedRun RunCache::ReadRow(SqliteStatement& row) {
  CachedRun run{.record = reader_.Read(row.Text(0), "the cache of the ledger"),
                .certainty = static_cast<Certainty>(row.Integer(2))};
  if (run.certainty == Certainty::kStarted) {
    run.record.renewed = row.Integer(1);
  }
  return run;
}

std::vector<RunRecord> RunCache::ReadRecords(SqliteStatement& rows) {
  std::vector<RunRecord> records;
  while (rows.Step()) {
    records.push_back(ReadRow(rows).record);
  }
  return records;
}

std::optional<CachedRun> RunCache::Find(const AttemptName& name) {
  SqliteStatement& row =
      database_.Use("SELECT record, renewed, certainty FROM runs WHERE run = ? AND attempt = ?")
          .Begin(name.run, name.attempt);
  return First(row, [this](SqliteStatement& found) { return ReadRow(found); });
}

std::optional<CachedRun> RunCache::FindNewest(const std::string& run) {
  SqliteStatement& row = database_
                             .Use(
                                 "SELECT record, renewed, certainty FROM runs WHERE run = ?"
                                 " ORDER BY attempt DESC LIMIT 1")
                             .Begin(run);
  return First(row, [this](SqliteStatement& found) { return ReadRow(found); });
}

std::vector<RunRecord> RunCache::Attempts(const std::string& run) {
  return ReadRecords(
      database_.Use("SELECT record, renewed, certainty FROM runs WHERE run = ? ORDER BY attempt")
          .Begin(run));
}

NewestRuns RunCache::Newest(const std::string& job, const std::string& partition) {
  SqliteStatement& row = database_.Use(
      "SELECT record, renewed, certainty, start, end, state FROM runs"
      " WHERE job = ? AND partition = ?"
      " ORDER BY start DESC, end DESC, generation DESC, attempt DESC");
  NewestRuns runs;
  std::optional<Interval> last;
  std::optional<Interval> last_succeeded;
  row.Begin(job, partition);
  while (row.Step()) {
    const Interval interval{.start = row.Integer(3), .end = row.Integer(4)};
    const bool is_newest = last != interval;
    const bool has_succeeded = row.Integer(5) == static_cast<int>(RunState::kSucceeded);
    if (has_succeeded && last_succeeded != interval) {
      runs.succeeded.push_back(ReadRow(row).record);
      last_succeeded = interval;
    } else if (!has_succeeded && is_newest) {
      runs.unsuccessful.push_back(ReadRow(row).record);
    }
    last = interval;
  }
  std::ranges::reverse(runs.succeeded);
  std::ranges::reverse(runs.unsuccessful);
  return runs;
}

std::vector<RunRecord> RunCache::List(const std::string& job, const std::string& partition,
                                      int state, std::size_t limit) {
  return ReadRecords(
      database_
          .Use("SELECT record, renewed, certainty FROM runs WHERE (?1 = '' OR job = ?1)"
               " AND (?2 = '' OR partition = ?2) AND (?3 < 0 OR state = ?3)"
               " ORDER BY started DESC, run, attempt DESC LIMIT ?4")
          .Begin(job, partition, state, static_cast<std::int64_t>(limit)));
}

std::vector<std::string> RunCache::Jobs() {
  std::vector<std::string> jobs;
  SqliteStatement& row = database_.Use("SELECT DISTINCT job FROM runs ORDER BY job").Begin();
  while (row.Step()) {
    jobs.emplace_back(row.Text(0));
  }
  return jobs;
}

std::vector<CachedRun> RunCache::Started(bool prepared) {
  SqliteStatement& row = database_.Use(
      "SELECT record, renewed, certainty FROM runs AS r WHERE certainty = 0 AND certainty < 3"
      " AND (?1 = 0 OR (settled = 0 AND EXISTS (SELECT 1 FROM objects"
      " WHERE key = '_weir/runs/' || r.run || '.' || r.attempt || '.prepared.json')))");
  std::vector<CachedRun> runs;
  row.Begin(prepared ? 1 : 0);
  while (row.Step()) {
    runs.push_back(ReadRow(row));
  }
  return runs;
}

std::vector<std::pair<CachedRun, RunRecord>> RunCache::Followed() {
  std::vector<std::pair<CachedRun, RunRecord>> followed;
  for (CachedRun& run : Started(false)) {
    for (const RunRecord& other : Attempts(run.record.key.id())) {
      if (other.attempt > run.record.attempt) {
        followed.emplace_back(std::move(run), other);
        break;
      }
    }
  }
  return followed;
}

std::int64_t RunCache::CountCompactable() {
  SqliteStatement& row =
      database_.Use("SELECT count(*) FROM runs WHERE certainty IN (1, 2) AND certainty < 3")
          .Begin();
  return First(row, IntegerOf).value_or(0);
}

std::vector<RunRecord> RunCache::Compactable(std::size_t limit) {
  return ReadRecords(database_
                         .Use("SELECT record, renewed, certainty FROM runs"
                              " WHERE certainty IN (1, 2) AND certainty < 3"
                              " ORDER BY run, attempt LIMIT ?")
                         .Begin(static_cast<std::int64_t>(limit)));
}

std::vector<RunObject> RunCache::Obsolete() {
  std::vector<RunObject> objects;
  SqliteStatement& row =
      database_.Use("SELECT 1 FROM runs WHERE run = ? AND attempt = ? AND certainty = 3");
  for (const auto& [key, identity] : Objects()) {
    auto object = ParseRunObject(key);
    if (object && row.Begin(object->name.run, object->name.attempt).Step()) {
      objects.push_back(std::move(*object));
    }
  }
  row.Reset();
  return objects;
}

void RunCache::Touch(std::string_view job, std::string_view partition) {
  if (touched_.empty() || last_touched_.first != job || last_touched_.second != partition) {
    last_touched_ = {std::string(job), std::string(partition)};
    touched_.insert(last_touched_);
  }
}

void RunCache::CountGenerations() {
  SqliteStatement& count = database_.Use(
      "INSERT INTO generations VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET counter = counter + 1");
  for (const auto& [job, partition] : touched_) {
    count.Begin(job, partition).Run();
  }
  touched_.clear();
}

std::string RunCache::Generation(const std::string& job, const std::string& partition) {
  SqliteStatement& row = database_
                             .Use(
                                 "SELECT coalesce((SELECT counter FROM generations WHERE job = ?"
                                 " AND partition = ?), 0), value FROM meta WHERE name = 'epoch'")
                             .Begin(job, partition);
  const auto generation = First(row, [](SqliteStatement& found) {
    return fmt::format("{}.{}", found.Text(1), found.Integer(0));
  });
  return generation.value_or("");
}

std::optional<std::string> RunCache::Remembered(const std::string& key) {
  SqliteStatement& row = database_.Use("SELECT value FROM remembered WHERE key = ?").Begin(key);
  return First(row, TextOf);
}

void RunCache::Remember(const std::string& key, const std::string& value) {
  database_.Use("INSERT OR REPLACE INTO remembered VALUES (?, ?)").Begin(key, value).Run();
}

}  // namespace weir::jobs
