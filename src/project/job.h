#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "project/place.h"
#include "project/schedule_line.h"

// What job.yaml says, as plain values. Names hold `{region}` and the like as written; they are
// filled in for each instance of the job (project/substitution.h).
namespace weir::project {

// A span of time as users write it: "90 s", "15 min", "2 hours", "1 day", "3 weeks". Months have no
// fixed length and aren't allowed.
using Duration = std::chrono::microseconds;

struct ColumnContract {
  std::string name{};
  std::string type{};  // as SQL declares it
  bool nullable = true;
  bool personal = false;
  std::string doc{};
  Place place{};
};

// One entry of `reads`.
struct Input {
  std::string name{};   // what SQL calls it
  std::string table{};  // "schema.name", perhaps with {region}; or a view of the project
  std::string where{};  // SQL over the table's columns, with {region} …; empty: all rows
  std::optional<Duration> window{};  // absent: the interval itself; 'all' is kAllTime
  bool previous = false;
  bool optional = false;  // a table that isn't there is empty (its columns must be known)
  bool watch = true;      // false: what changes in it makes no interval stale
  std::vector<ColumnContract> columns{};  // what an optional table that no job writes would hold
  Place place{};
};

// `window: all`: everything up to the interval's end.
constexpr Duration kAllTime = Duration::max();

enum class StepKind : std::uint8_t { kSql, kOperator, kConnector, kCommand };

// One line of `steps`. A step reads inputs and relations of the steps before it. What it defines
// may, but for SQL steps, have the name of an input, which it hides from the steps behind it.
struct Step {
  StepKind kind = StepKind::kSql;
  std::string what{};  // the SQL file, the operator's or the connector's name
  std::string name{};  // of the step: `name`, else the SQL file's stem, else `what`
  // Argument → relation: `in: {today: pairs}`; `in: pairs` and `in: [pairs, x]` name themselves.
  // Of SQL steps empty: their text says what they read.
  std::vector<std::pair<std::string, std::string>> in{};
  std::vector<std::string> out{};      // relations it defines; one named `name` by default for SQL
  nlohmann::json with{};               // settings, an object; values substituted at the run
  std::vector<std::string> command{};  // argv of a command
  // Columns of each relation that a command or connector gives: relation → "name TYPE, …" as SQL
  // declares columns.
  std::map<std::string, std::string> columns{};
  std::optional<Duration> time_limit{};
  int retries = 2;            // after external errors; 0: none
  std::string file{};         // of SQL steps: the file, relative to the project
  std::string text{};         // of an SQL file, as it is on disk
  bool deterministic = true;  // false: what `weir check` refuses otherwise is meant so
  Place place{};

  // A connector that reads outside, or one that brings relations there.
  bool IsSource() const { return kind == StepKind::kConnector && in.empty(); }
  bool IsSink() const { return kind == StepKind::kConnector && !in.empty(); }
};

enum class OutputMode : std::uint8_t { kAppend, kOverwrite, kReplace, kMerge, kDelete };

// One line of `writes`.
struct Output {
  std::string table{};
  std::string from{};  // the relation
  OutputMode mode = OutputMode::kReplace;
  std::vector<std::string> partition_by{};
  // Constant values of partition columns, where several jobs write one table, each its own part.
  std::map<std::string, std::string> partition{};
  std::vector<std::string> sort_by{};
  std::vector<std::string> keys{};  // merge, delete
  bool delete_absent = false;       // merge: `delete_absent: true` or a condition
  std::string delete_absent_where{};
  std::vector<ColumnContract> columns{};
  std::optional<Duration> keep{};            // how long rows stay; absent: for ever
  bool personal = false;                     // `personal: true` of the table
  bool is_interface = false;                 // `interface: true` or a list of domains
  std::vector<std::string> interface_for{};  // empty with is_interface: every domain
  std::string doc{};
  Place place{};

  // `replace` and `append` hold every interval side by side; the others hold one state.
  bool IsIntervalTable() const {
    return mode == OutputMode::kReplace || mode == OutputMode::kAppend;
  }
};

enum class CheckKind : std::uint8_t {
  kNotNull,
  kUnique,
  kAccepted,
  kRelation,
  kRowCount,
  kFreshness,
  kSql
};
enum class Severity : std::uint8_t { kError, kWarn };

// One line of `checks`; which fields count depends on the kind.
struct Check {
  CheckKind kind = CheckKind::kNotNull;
  std::string name{};      // `name`, or made of the kind and its columns
  std::string relation{};  // what is written now …
  std::string table{};     // … or the table as it will be; one of both, but for kSql
  std::vector<std::string>
      columns{};                      // not_null, unique, accepted (one), relation, freshness (one)
  std::vector<std::string> values{};  // accepted: `accepted: {column: [values]}`
  // relation: `references: {columns: [..], table: schema.name, to: [..]}`
  std::string to_table{};
  std::vector<std::string> to_columns{};
  std::optional<std::int64_t> min_rows{};
  std::optional<std::int64_t> max_rows{};
  std::optional<double> max_change{};  // row count against the mean of the last runs: 0.5 is ±50 %
  int last_runs = 7;
  std::optional<Duration> max_age{};  // freshness: end of the interval less the greatest value
  std::string file{};                 // kSql: must return no rows; relative to the project
  std::string text{};                 // of that file
  Severity severity = Severity::kError;
  Place place{};
};

struct View {
  std::string name{};  // "schema.name"
  std::string file{};  // `sql: file.sql`, relative to the project; else empty: `sql: SELECT …`
  std::string
      text{};  // of the file or of `sql` itself; may hold {var.x}, {location.x} and {region}
  Place place{};
};

enum class Due : std::uint8_t { kComplete, kWait };  // due: complete | wait
enum class CatchUp : std::uint8_t { kAll, kLast };   // catch_up: all | last

struct Job {
  std::string name{};
  std::string domain{};
  std::filesystem::path folder{};  // absolute
  std::string doc{};
  std::vector<std::string> tags{};
  std::string per{};  // the list of partitions, or empty
  ScheduleLine schedule{};
  std::optional<std::string> start{};  // as written, a day or time in the job's zone; checked
  std::optional<std::string> end{};
  std::optional<Duration> wait{};
  Due due = Due::kComplete;
  std::optional<Duration> late{};  // absent: the project's
  std::vector<Input> reads{};
  std::vector<Step> steps{};
  std::vector<Output> writes{};
  std::vector<Check> checks{};
  std::vector<View> views{};
  std::vector<std::string> alerts{};
  bool external_effects = false;     // effects: external
  CatchUp catch_up = CatchUp::kAll;  // by default kLast with effects outside
  // kind: stream, or every write appends: it reads its source on, batch by batch.
  bool is_stream = false;
  std::int64_t batch_bytes = std::int64_t{256} << 20;  // of a stream: new input that a run takes
  bool is_service = false;                             // kind: service
  bool deterministic = true;
  std::optional<Duration> time_limit{};
  std::int64_t seed = 0;
  Place place{};
  bool has_mistakes = false;  // only as far as it could be read
};

}  // namespace weir::project
