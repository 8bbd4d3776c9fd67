#include <algorithm>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "project/cron_line.h"
#include "project/duration.h"
#include "project/job_reading.h"
#include "project/substitution.h"

namespace weir::project {
namespace {

OutputMode ModeOf(const std::string& word) {
  if (word == "append") {
    return OutputMode::kAppend;
  }
  if (word == "overwrite") {
    return OutputMode::kOverwrite;
  }
  if (word == "merge") {
    return OutputMode::kMerge;
  }
  return word == "delete" ? OutputMode::kDelete : OutputMode::kReplace;
}

Output ReadOutput(const YamlValue& value) {
  Output output{.table = value.Text("table").value_or(""),
                .from = value.Text("from").value_or(""),
                .mode = ModeOf(value.Text("mode").value_or("replace")),
                .partition_by = value.Texts("partition_by"),
                .sort_by = value.Texts("sort_by"),
                .keys = value.Texts("keys"),
                .columns = ReadColumns(value),
                .keep = ParseDuration(value.Text("keep").value_or("")),
                .personal = value.IsTrue("personal"),
                .doc = value.Text("doc").value_or(""),
                .place = value.place};
  for (const YamlEntry& entry : value.Entries("partition")) {
    output.partition.emplace(entry.key, entry.value.text);
  }
  if (const YamlValue* absent = value.Find("delete_absent")) {
    const bool is_condition = absent->text != "true" && absent->text != "false";
    output.delete_absent = absent->text != "false";
    output.delete_absent_where = is_condition ? absent->text : "";
  }
  if (const YamlValue* open = value.Find("interface")) {
    output.is_interface = open->kind == YamlValue::Kind::kList || value.IsTrue("interface");
    output.interface_for = open->kind == YamlValue::Kind::kList ? value.Texts("interface")
                                                                : std::vector<std::string>();
  }
  return output;
}

// What only holds within one line of `writes`.
class OutputCheck {
 public:
  OutputCheck(const YamlValue& value, const Output& output, JobReading& reading)
      : value_(value), output_(output), reading_(reading) {}

  void Check() {
    CheckMode();
    CheckIntervalColumns();
    CheckPer();
    CheckPartition();
    CheckColumnNames();
    if (output_.table.starts_with("weir.")) {
      Note("table", fmt::format("table '{}': the schema weir is weir's own; another is needed",
                                output_.table));
    }
  }

 private:
  void Note(std::string_view key, std::string text) {
    reading_.mistakes.Note(value_.PlaceOf(key), std::move(text));
  }

  void CheckMode() {
    const bool needs_keys =
        output_.mode == OutputMode::kMerge || output_.mode == OutputMode::kDelete;
    const std::string mode = value_.Text("mode").value_or("replace");
    if (needs_keys && output_.keys.empty()) {
      Note("mode", fmt::format("mode '{}': the key 'keys' is missing: the columns that say which "
                               "row",
                               mode));
    }
    if (!needs_keys && value_.Has("keys")) {
      Note("keys",
           fmt::format("'keys' belongs to the modes merge and delete; here it is {}", mode));
    }
    if (output_.mode != OutputMode::kMerge && value_.Has("delete_absent")) {
      Note("delete_absent",
           fmt::format("'delete_absent' belongs to the mode merge; here it is {}", mode));
    }
  }

  // Every interval has its own partitions, so that a run replaces its own rows and no others.
  void CheckIntervalColumns() {
    if (!output_.IsIntervalTable()) {
      if (value_.Has("keep")) {
        Note("keep", "'keep' belongs to the modes replace and append: a state has no days");
      }
      return;
    }
    if (output_.keep && *output_.keep < std::chrono::hours(24)) {
      Note("keep", "'keep' is shorter than a day");
    }
    const std::string mode = value_.Text("mode").value_or("replace");
    if (!Holds(output_.partition_by, "ds") && !Holds(output_.partition_by, "dt")) {
      const char* instead = output_.mode == OutputMode::kReplace
                                ? "; a table without intervals takes mode: overwrite"
                                : "";
      Note(value_.Has("partition_by") ? "partition_by" : "table",
           fmt::format("mode '{}' needs 'ds', the interval's day, in partition_by{}", mode,
                       instead));
    } else if (reading_.job.schedule.cadence == Cadence::kHourly &&
               !Holds(output_.partition_by, "hour")) {
      Note("partition_by",
           fmt::format("mode '{}' of an hourly job needs 'hour' in partition_by, behind 'ds'",
                       mode));
    } else if (output_.mode == OutputMode::kReplace) {
      CheckCron();
    }
  }

  // `ds` and `hour` must tell the intervals of a cron line apart: else a run would replace the rows
  // of another.
  void CheckCron() {
    const ScheduleLine& schedule = reading_.job.schedule;
    if (schedule.cadence != Cadence::kCron || CronMistake(schedule.cron)) {
      return;
    }
    const CronPace pace = PaceOf(schedule.cron);
    if (pace == CronPace::kFaster) {
      Note(
          "partition_by",
          fmt::format("mode 'replace': '{}' fires several times an hour, and 'ds' and 'hour' don't "
                      "tell its intervals apart; a job that runs so often takes mode: merge or "
                      "overwrite",
                      schedule.cron));
    } else if (pace == CronPace::kOnceAnHour && !Holds(output_.partition_by, "hour")) {
      Note("partition_by",
           fmt::format("mode 'replace': '{}' fires several times a day, so 'hour' is needed in "
                       "partition_by, behind 'ds'",
                       schedule.cron));
    } else if (pace == CronPace::kOnceAnHour && FollowsTheHours(schedule.cron) &&
               schedule.time_zone != "UTC") {
      Note("partition_by",
           fmt::format("mode 'replace': '{}' may fire twice in an hour where the clocks of {} go "
                       "back; hours as a list (0,6,12), schedule: hourly or time_zone: UTC don't",
                       schedule.cron, schedule.time_zone));
    }
  }

  void CheckPer() {
    const std::string& per = reading_.job.per;
    if (per.empty()) {
      return;
    }
    const auto names = BracedNames(output_.table);
    const bool by_name = std::ranges::find(names, per, &BracedName::name) != names.end();
    const bool by_column =
        !output_.partition_by.empty() && SameRelation(output_.partition_by.front(), per);
    if (!by_name && !by_column) {
      Note("table", fmt::format("table '{}': the runs per {} would write the same rows; {{{}}} is "
                                "needed in its name, or '{}' first in partition_by",
                                output_.table, per, per, per));
    }
  }

  void CheckPartition() {
    for (const YamlEntry& entry : value_.Entries("partition")) {
      CheckNames(entry.value, NameUse::kTable, reading_);
      if (!Holds(output_.partition_by, entry.key)) {
        reading_.mistakes.Note(entry.place,
                               fmt::format("partition '{}': it must be one of partition_by: {}{}",
                                           entry.key, fmt::join(output_.partition_by, ", "),
                                           DidYouMean(entry.key, output_.partition_by)));
      }
    }
  }

  // Where the columns are declared, what names columns must be among them; `ds`, `hour` and the
  // list's column are added when the table is written.
  void CheckColumnNames() {
    if (output_.columns.empty()) {
      return;
    }
    std::vector<std::string> known;
    for (const ColumnContract& column : output_.columns) {
      known.push_back(column.name);
      if (column.name.empty() || column.name.find_first_of(" ,;{}()\n\t=") != std::string::npos) {
        reading_.mistakes.Note(
            column.place,
            fmt::format("a table's column can't be named \"{}\"; allowed is any name without "
                        "spaces, tabs, line ends and the characters , ; {{ }} ( ) =",
                        column.name));
      }
    }
    for (const char* key : {"partition_by", "sort_by", "keys"}) {
      for (const std::string& name : value_.Texts(key)) {
        const bool is_added = name == "ds" || name == "dt" || name == "hour" ||
                              name == reading_.job.per || output_.partition.contains(name);
        if (!is_added && !Holds(known, name)) {
          Note(key, fmt::format("{} '{}': 'columns' has no such column; it has: {}{}", key, name,
                                fmt::join(known, ", "), DidYouMean(name, known)));
        }
      }
    }
  }

  const YamlValue& value_;
  const Output& output_;
  JobReading& reading_;
};

void CheckOutputNames(const YamlValue& value, JobReading& reading) {
  if (const YamlValue* table = value.Find("table")) {
    CheckNames(*table, NameUse::kTable, reading);
  }
  if (const YamlValue* absent = value.Find("delete_absent")) {
    CheckNames(*absent, NameUse::kSql, reading);
  }
}

void CheckRelation(const YamlValue& value, const Output& output, JobReading& reading) {
  const std::vector<std::string> known = RelationsBefore(reading.job, reading.job.steps.size());
  if (!Holds(known, output.from) && !reading.has_unknown_relations) {
    reading.mistakes.Note(
        value.PlaceOf("from"),
        fmt::format("relation '{}' is neither an input nor made by a step; there are: {}{}",
                    output.from, known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")),
                    DidYouMean(output.from, known)));
  }
}

void CheckTwice(const YamlValue& value, const Output& output, JobReading& reading) {
  for (const Output& other : reading.job.writes) {
    if (other.table == output.table && other.partition == output.partition) {
      reading.mistakes.Note(value.PlaceOf("table"),
                            fmt::format("table '{}' is written here twice", output.table));
    }
  }
}

// It would never have anything to do.
void CheckHasSource(JobReading& reading) {
  const Job& job = reading.job;
  if (job.is_stream && !job.writes.empty() && std::ranges::none_of(job.steps, &Step::IsSource)) {
    reading.mistakes.Note(job.writes.front().place,
                          "a stream appends what is new in files or topics, and no step of this "
                          "job reads any; mode: replace writes an interval's rows");
  }
}

// A stream appends, and nothing else does.
void CheckAppend(const YamlValue& root, JobReading& reading) {
  Job& job = reading.job;
  const auto appends = [](const Output& output) { return output.mode == OutputMode::kAppend; };
  const auto num_appends = std::ranges::count_if(job.writes, appends);
  const bool all_append =
      num_appends > 0 && num_appends == static_cast<std::ptrdiff_t>(job.writes.size());
  job.is_stream = job.is_stream || (all_append && !root.Has("kind"));
  for (const Output& output : job.writes) {
    if (job.is_stream && !appends(output)) {
      reading.mistakes.Note(
          output.place,
          fmt::format("table '{}': a stream only appends; mode: append is needed", output.table));
    } else if (!job.is_stream && appends(output)) {
      reading.mistakes.Note(output.place,
                            fmt::format("table '{}': only streams append, whose writes all do; "
                                        "mode: replace writes an interval's rows",
                                        output.table));
    }
  }
}

}  // namespace

void ReadOutputs(const YamlValue& root, JobReading& reading) {
  const YamlValue* steps = root.Find("steps");
  const YamlValue* reads = root.Find("reads");
  const bool relations_known =
      (steps == nullptr || steps->sound) && (reads == nullptr || reads->sound);
  bool sound = true;
  for (const YamlValue& value : root.Items("writes")) {
    const Output output = ReadOutput(value);
    CheckOutputNames(value, reading);
    if (value.sound) {
      OutputCheck(value, output, reading).Check();
      CheckTwice(value, output, reading);
      if (relations_known) {
        CheckRelation(value, output, reading);
      }
    }
    sound = sound && value.sound;
    reading.job.writes.push_back(output);
  }
  if (sound) {
    CheckAppend(root, reading);
    if (relations_known) {
      CheckHasSource(reading);
    }
  }
}

}  // namespace weir::project
