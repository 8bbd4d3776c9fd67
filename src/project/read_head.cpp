#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/nearest_name.h"
#include "base/size_text.h"
#include "project/duration.h"
#include "project/job_reading.h"

namespace weir::project {
namespace {

Cadence CadenceOf(const std::string& text) {
  if (text == "hourly") {
    return Cadence::kHourly;
  }
  if (text == "daily") {
    return Cadence::kDaily;
  }
  if (text == "weekly") {
    return Cadence::kWeekly;
  }
  if (text == "monthly") {
    return Cadence::kMonthly;
  }
  return text == "manual" ? Cadence::kManual : Cadence::kCron;
}

ScheduleLine ReadSchedule(const YamlValue& root, const JobReading& reading) {
  const std::string text = root.Text("schedule").value_or("daily");
  ScheduleLine line{.cadence = CadenceOf(text),
                    .cron = {},
                    .time_zone = root.Text("time_zone").value_or(reading.settings.time_zone)};
  if (line.cadence == Cadence::kCron) {
    line.cron = text;
  }
  return line;
}

void CheckPer(const YamlValue& root, JobReading& reading) {
  std::vector<std::string> lists;
  lists.reserve(reading.settings.partitions.size());
  for (const auto& [name, values] : reading.settings.partitions) {
    lists.push_back(name);
  }
  if (!reading.job.per.empty() && !reading.settings.partitions.contains(reading.job.per)) {
    NoteUnknown(root.PlaceOf("per"),
                fmt::format("per '{}': 'partitions' of weir.yaml has no such list; it "
                            "has: {}{}",
                            reading.job.per,
                            lists.empty() ? "none" : fmt::format("{}", fmt::join(lists, ", ")),
                            DidYouMean(reading.job.per, lists)),
                reading);
  }
}

void CheckDates(const YamlValue& root, JobReading& reading) {
  const auto start = ParseTimestamp(reading.job.start.value_or(""));
  const auto end = ParseTimestamp(reading.job.end.value_or(""));
  if (start && end && *start >= *end) {
    reading.mistakes.Note(root.PlaceOf("end"),
                          fmt::format("end '{}': it must be later than the start, {}",
                                      *reading.job.end, *reading.job.start));
  }
}

void CheckAlerts(const YamlValue& root, JobReading& reading) {
  std::vector<std::string> known;
  for (const Environment& environment : reading.settings.environments) {
    for (const ConnectionLine& alert : environment.alerts) {
      if (!Holds(known, alert.name)) {
        known.push_back(alert.name);
      }
    }
  }
  for (const std::string& name : reading.job.alerts) {
    if (std::ranges::find(known, name) == known.end()) {
      NoteUnknown(root.PlaceOf("alerts"),
                  fmt::format("unknown alert '{}'; 'alerts' of weir.yaml has: {}{}", name,
                              known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")),
                              DidYouMean(name, known)),
                  reading);
    }
  }
}

void CheckName(const YamlValue& root, JobReading& reading) {
  const std::string folder = std::filesystem::path(reading.folder).filename().string();
  const YamlValue* name = root.Find("job");
  if (name != nullptr && name->sound && name->text != folder) {
    reading.mistakes.Note(name->place,
                          fmt::format("job '{}' lies in the folder '{}'; both must have the same "
                                      "name",
                                      name->text, folder));
  }
}

void ReadDue(const YamlValue& root, Job& job) {
  job.start = root.Text("start");
  job.end = root.Text("end");
  job.wait = ParseDuration(root.Text("wait").value_or(""));
  job.due = root.Text("due") == "wait" ? Due::kWait : Due::kComplete;
  job.late = ParseDuration(root.Text("late").value_or(""));
  job.external_effects = root.Text("effects") == "external";
  const std::string default_catch_up = job.external_effects ? "last" : "all";
  job.catch_up =
      root.Text("catch_up").value_or(default_catch_up) == "last" ? CatchUp::kLast : CatchUp::kAll;
}

}  // namespace

void ReadHead(const YamlValue& root, JobReading& reading) {
  Job& job = reading.job;
  job.name = root.Text("job").value_or("");
  job.place = root.PlaceOf("job");
  job.doc = root.Text("doc").value_or("");
  job.tags = root.Texts("tags");
  job.per = root.Text("per").value_or("");
  job.schedule = ReadSchedule(root, reading);
  ReadDue(root, job);
  job.alerts = root.Texts("alerts");
  job.is_stream = root.Text("kind") == "stream";
  job.is_service = root.Text("kind") == "service";
  job.batch_bytes = ParseBytes(root.Text("batch").value_or("")).value_or(job.batch_bytes);
  job.deterministic = !root.Has("deterministic") || root.IsTrue("deterministic");
  job.time_limit = ParseDuration(root.Text("time_limit").value_or(""));
  job.seed = root.Integer("seed").value_or(0);
  CheckName(root, reading);
  CheckPer(root, reading);
  CheckDates(root, reading);
  CheckAlerts(root, reading);
  if (job.due == Due::kWait && !root.Has("wait")) {
    reading.mistakes.Note(root.PlaceOf("due"), "due 'wait': the key 'wait' is missing: how long");
  }
}

}  // namespace weir::project
