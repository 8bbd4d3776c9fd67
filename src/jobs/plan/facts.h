#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/ledger/run_record.h"
#include "jobs/schedule/interval.h"
#include "lake/actions.h"

// What a plan is made from, as plain values: the plan itself looks at nothing else.
namespace weir::jobs {

inline bool Overlap(const Interval& left, const Interval& right) {
  return left.start < right.end && right.start < left.end;
}

// A change of data in one partition of a table: files came or went, layout aside.
struct Touch {
  std::int64_t version = 0;
  Interval range = kAllOfTime;     // when its rows lie, by ds and hour; kAllOfTime if unknown
  lake::PartitionValues values{};  // of the other partition columns, as far as they are known

  friend bool operator==(const Touch&, const Touch&) = default;
};

struct TableFacts {
  std::int64_t latest = -1;    // -1: there is no such table
  std::string id{};            // of its metadata; empty: not known
  bool of_other = false;       // of the environment that is read from (`read_from`)
  bool has_intervals = false;  // rows know their interval (a column ds)
  // Whole days from the first to the last that holds rows, without what lies more than a year
  // before the next, or after the last and ahead of now: that is a clock that was wrong, and no
  // reason to work on all days since.
  std::optional<Interval> extent{};
  std::optional<Interval> left_out{};  // what `extent` lacks before it, from first to last day
  std::optional<Interval> ahead{};     // and behind it
  std::int64_t dayless = 0;            // files of partitions whose day is null or no date
  std::vector<Touch> touches{};        // by version
  // The newest version of which nobody knows any more what it changed: the log was cleaned up.
  std::int64_t forgotten = -1;
  std::int64_t oldest = 0;  // the first version that can still be opened
};

// The runs of one instance.
using InstanceRuns = NewestRuns;

// What a stream has still to read: a file, say.
struct NewInput {
  std::string identity;
  std::int64_t bytes = 0;
  std::int64_t next = 0;  // of a source that counts: what is there is [next, end)
  std::int64_t end = 0;
  bool unsent = false;  // nothing new: an earlier batch's rows are to be sent
};

// Files outside that steps of an instance read by day, such as "in/{ds}.csv".
struct SourceFacts {
  bool limits_days = false;            // whether a path names days: others say nothing of them
  std::optional<Interval> extent{};    // days that are there, whole
  std::vector<NewInput> new_inputs{};  // of a stream: not read yet, in order
  // Of a stream whose sources go on for ever: what it holds once the new inputs are read is
  // complete until then.
  std::optional<Micros> complete_until{};
  // Of such a stream, whatever is still to be read: until when its tables are complete, and what it
  // sends is where it is sent to. Absent: nobody knows.
  std::optional<Micros> read_until{};
  std::optional<Micros> sent_until{};
  bool unsent = false;  // rows of a batch that has begun may not have arrived yet
  // Why what a stream reads, or what it sends to, couldn't be asked; empty: it could. If it is what
  // it reads nothing new is known, and what it makes is complete no further than it had read.
  std::string problem{};
  // Of a stream: batches whose rows are gone with all tables that hold them: they are to be read
  // again.
  std::set<Micros> dropped{};
  // Of a stream: tables that lack what batches wrote, where another of its tables still has it.
  std::set<std::string> lacking{};
  // Of a stream: those that write the topics that it reads, and so on (FeedingStreams).
  std::vector<std::size_t> fed_by{};
  // Of a stream whose end was taken down before (StreamEnds): FedUntil() of that time.
  std::optional<Micros> fed_until{};
  // Of other jobs, by step and day ("" for paths without one), or HourKey(): a digest of the files
  // that are there, of their names, sizes and times.
  std::map<std::string, std::map<std::string, std::string>> digests{};

  // What stands for an hour of a day where a path names hours: "2026-01-05T13".
  static std::string HourKey(const std::string& day, int hour);
  // The digest of what a step reads of a day, or of its hour; empty if there is no file.
  std::string DigestOf(const std::string& step, const std::string& day, int hour) const;
};

// Whether a stream whose sources count has messages to read.
bool HasMessagesToRead(const SourceFacts& source);

// How many of a stream's new inputs its next batch takes: as many as fit, at least one.
std::size_t InputsOfBatch(const SourceFacts& source, std::int64_t batch_bytes);

// How the note of an input begins that was read in another environment.
constexpr auto kFromEnvironment = "from environment ";

// What stands for the table in the record of a step's outside files.
constexpr auto kSourceFiles = "files outside";

struct PlanFacts {
  Micros now = 0;
  std::map<std::string, TableFacts> tables{};
  std::vector<InstanceRuns> runs{};  // by instance
  // By instance, runs that succeeded of intervals that its schedule has no more, by interval
  // (SetAsideFormerRuns); empty, also as a whole: there are none.
  std::vector<std::vector<RunRecord>> former{};
  // Instances whose tables are read in the environment `read_from`, and which aren't to run here:
  // their runs are those of there.
  std::set<std::size_t> borrowed{};
  std::string read_from{};                            // that environment's name; empty without one
  std::vector<std::string> code_hashes{};             // by instance
  std::vector<std::optional<SourceFacts>> sources{};  // by instance; absent: reads no outside files
  // Whether rows with these partition values may be among those that an input reads (its `where`):
  // (instance, input, touch). Unset: all may.
  std::function<bool(std::size_t, std::size_t, const Touch&)> may_read{};
  // What an input selects now, as InputRecord::files tells it: (instance, input, interval, window).
  // Asked only where the log has forgotten changes since the run. Unset: not known.
  std::function<std::string(std::size_t, std::size_t, const Interval&, const Interval&)>
      files_now{};
  Micros late = 0;  // the project's
  // Plans follow one another while streams go on (`run --follow`): a day that isn't over may get
  // more rows, so that what streams write is complete no further than now.
  bool follows = false;
  // By id, the runs that a living process is at work on: who that is, for people.
  std::map<std::string, std::string> at_work{};
  std::set<std::string> warnings{};  // about the tables, for people
};

// The record of an interval, or null.
const RunRecord* FindRun(const std::vector<RunRecord>& by_interval, const Interval& interval);
// The newest of an interval, whatever became of it, or null.
const RunRecord* FindNewestRun(const InstanceRuns& runs, const Interval& interval);

// Until when a stream's topics have all that the streams that feed it bring; kAllOfTime.end if none
// does, or they read files alone and have sent all. Before all time but for the clock: 0.
Micros FedUntil(const PlanFacts& facts, const SourceFacts& source);

// Whether the table still has what a run made of it: it was not dropped since, nor made anew. What
// the environment that is read from has says nothing of it.
bool IsStillThere(const OutputRecord& made, const TableFacts& table);

// What a run made of a table, or null.
const OutputRecord* OutputOf(const RunRecord& run, const std::string& table);

}  // namespace weir::jobs
