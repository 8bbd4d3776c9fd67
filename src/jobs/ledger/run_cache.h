#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/ledger/record_reader.h"
#include "jobs/ledger/run_objects.h"
#include "jobs/ledger/run_record.h"
#include "jobs/ledger/sqlite.h"

namespace weir::jobs {

// How much is known of an attempt; more is never replaced by less.
enum class Certainty : std::uint8_t {
  kStarted,     // it began
  kSuperseded,  // it began and another attempt followed: it must have died
  kEnded,       // it has an end
  kCompacted,   // it stands in weir.runs
};

// One attempt as the cache keeps it.
struct CachedRun {
  RunRecord record;
  Certainty certainty = Certainty::kStarted;
};

// A row of weir.runs on its way into the cache; borrowed texts.
struct RunRow {
  std::string_view run, job, partition, record;
  std::int64_t attempt = 0, start = 0, end = 0, generation = 0, state = 0, started = 0;
};

// The SQLite file that caches the ledger of one warehouse; processes may share it. All changes are
// made within a SqliteTransaction of its database().
class RunCache {
 public:
  using Fill = std::function<void(RunCache&)>;

  // Makes the file anew if it is missing, damaged, of another format or of another warehouse:
  // `fill` is called with an empty cache, beside `path`, that takes its place once it is filled.
  RunCache(const std::filesystem::path& path, const std::string& root, const Fill& fill);

  // Deletes the file, so that the next who opens it makes it anew.
  static void Delete(const std::filesystem::path& path);

  SqliteDatabase& database() { return database_; }

  // What is known of the state of the warehouse: names of values.
  std::string Meta(std::string_view name);
  void SetMeta(std::string_view name, std::string_view value);

  // The objects that were there at the last look, by key: their identity (RunObject); empty of one
  // that this process has put.
  std::map<std::string, std::string> Objects();
  void AddObject(const std::string& key, const std::string& identity);
  void DropObject(const std::string& key);
  // Forgets attempts, not compacted, whose objects are all gone.
  void DropRunsWithoutObjects();

  // The files of weir.runs that were read.
  std::set<std::string> Files();
  void AddFile(const std::string& path);
  void DropCompacted();

  // Notes an attempt unless more is known of it already.
  void Put(const CachedRun& run);
  void PutRow(const RunRow& row);
  void Renew(const AttemptName& name, Micros renewed);
  // Nothing more can become of the attempt's prepared record.
  void Settle(const AttemptName& name);

  std::optional<CachedRun> Find(const AttemptName& name);
  std::optional<CachedRun> FindNewest(const std::string& run);
  std::vector<RunRecord> Attempts(const std::string& run);
  NewestRuns Newest(const std::string& job, const std::string& partition);
  // Newest start first; a negative state is any.
  std::vector<RunRecord> List(const std::string& job, const std::string& partition, int state,
                              std::size_t limit);
  std::vector<std::string> Jobs();
  // Attempts that began and whose end isn't known; with a prepared record and not settled, if
  // `prepared`.
  std::vector<CachedRun> Started(bool prepared);
  // Attempts that began and were followed by another, and when that began.
  std::vector<std::pair<CachedRun, RunRecord>> Followed();
  std::int64_t CountCompactable();
  std::vector<RunRecord> Compactable(std::size_t limit);
  // Keys of objects whose attempt stands in weir.runs.
  std::vector<RunObject> Obsolete();

  // Counts up for each job's partition that was changed since the last call.
  void CountGenerations();
  std::string Generation(const std::string& job, const std::string& partition);

  std::optional<std::string> Remembered(const std::string& key);
  void Remember(const std::string& key, const std::string& value);

 private:
  // A new file with tables.
  RunCache(const std::filesystem::path& path, const std::string& root);
  static std::filesystem::path MakeUsable(const std::filesystem::path& path,
                                          const std::string& root, const Fill& fill);

  CachedRun ReadRow(SqliteStatement& row);
  std::vector<RunRecord> ReadRecords(SqliteStatement& rows);
  void Touch(std::string_view job, std::string_view partition);

  SqliteDatabase database_;
  RecordReader reader_;
  std::set<std::pair<std::string, std::string>> touched_;
  std::pair<std::string, std::string> last_touched_;
};

}  // namespace weir::jobs
