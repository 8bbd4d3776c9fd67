#include "jobs/plan/done_runs.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::jobs {
namespace {

// Whether schedules have an interval, each asked once for each start: a thousand daily jobs share
// one year of days.
class KnownIntervals {
 public:
  bool Has(const JobInstance& instance, const Interval& interval) {
    const project::ScheduleLine& line = instance.job->schedule;
    auto& ends = ends_[{line.cadence, line.cron, line.time_zone}];
    const auto [known, is_new] = ends.try_emplace(interval.start, Interval{});
    if (is_new) {
      known->second = instance.schedule.At(interval.start);
    }
    return known->second == interval;
  }

 private:
  using Key = std::tuple<project::Cadence, std::string, std::string>;
  std::map<Key, std::map<Micros, Interval>> ends_;
};

// What was made, why nothing removes it, and how it is taken up again.
std::string FormerText(const std::string& table, const Interval& interval) {
  return IsBatch(interval)
             ? fmt::format(
                   "{} holds what was made of batch {}, when the job was a stream: put "
                   "'kind: stream' back",
                   table, interval.start)
             : fmt::format(
                   "{} holds what was made of {}/{}, no interval of its schedule as it is "
                   "now: put 'schedule' and 'time_zone' back as they were",
                   table, FormatTimestamp(interval.start), FormatTimestamp(interval.end));
}

}  // namespace

void SetAsideFormerRuns(const std::vector<JobInstance>& instances, PlanFacts& facts) {
  KnownIntervals known;
  facts.former.assign(instances.size(), {});
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const JobInstance& self = instances[i];
    if (self.job->is_stream) {
      continue;
    }
    const auto is_former = [&](const RunRecord& run) { return !known.Has(self, run.key.interval); };
    auto& succeeded = facts.runs[i].succeeded;
    std::ranges::copy_if(succeeded, std::back_inserter(facts.former[i]), is_former);
    std::erase_if(succeeded, is_former);
    std::erase_if(facts.runs[i].unsuccessful, is_former);
  }
}

std::optional<std::string> HeldByFormerRuns(const JobInstance& instance,
                                            const std::vector<RunRecord>& former,
                                            const PlanFacts& facts) {
  std::vector<std::string> drops;
  std::string such_as;
  for (const project::Output& output : instance.writes) {
    const auto table = facts.tables.find(output.table);
    const auto holds = std::ranges::find_if(former, [&](const RunRecord& run) {
      const OutputRecord* made = OutputOf(run, output.table);
      return made != nullptr && made->version >= 0 && table != facts.tables.end() &&
             table->second.latest >= 0 && IsStillThere(*made, table->second);
    });
    if (holds != former.end()) {
      drops.push_back(fmt::format("'weir table drop {} --yes'", output.table));
      such_as = such_as.empty() ? FormerText(output.table, holds->key.interval) : such_as;
    }
  }
  if (drops.empty()) {
    return std::nullopt;
  }
  return fmt::format(
      "{}, or drop what the job wrote ({}), which 'weir run' then makes anew from its first "
      "interval",
      such_as, fmt::join(drops, ", "));
}

WrittenTables::WrittenTables(const JobInstance& instance, const PlanFacts& facts) {
  for (const project::Output& output : instance.writes) {
    const auto table = facts.tables.find(output.table);
    tables_.emplace_back(&output, table == facts.tables.end() ? nullptr : &table->second);
  }
}

std::optional<std::string> WrittenTables::Lack(const RunRecord& run) const {
  for (const auto& [output, table] : tables_) {
    const OutputRecord* made = OutputOf(run, output->table);
    if (made == nullptr) {
      return fmt::format("{} has no rows of it", output->table);
    }
    if (table != nullptr && !IsStillThere(*made, *table)) {
      return fmt::format("{} was dropped", output->table);
    }
  }
  return std::nullopt;
}

}  // namespace weir::jobs
