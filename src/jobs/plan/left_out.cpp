#include "jobs/plan/left_out.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::jobs {
namespace {

bool RunsByItself(const JobInstance& instance) {
  const project::Job& job = *instance.job;
  return !job.is_stream && !job.is_service && job.schedule.cadence != project::Cadence::kManual;
}

bool CatchesUpWithLast(const JobInstance& instance) {
  return instance.job->catch_up == project::CatchUp::kLast && RunsByItself(instance);
}

}  // namespace

LeftOut::LeftOut(const std::vector<JobInstance>& instances, const PlanFacts& facts,
                 const Coverage& coverage)
    : instances_(instances),
      facts_(facts),
      coverage_(coverage),
      may_leave_out_(std::ranges::any_of(instances, CatchesUpWithLast)) {}

void LeftOut::Leave(std::size_t instance, const std::vector<Interval>& intervals) {
  if (CatchesUpWithLast(instances_[instance])) {
    left_[instance] = RangesOf(instance, intervals);
    needed_by_.clear();
  }
}

std::optional<std::string> LeftOut::WhyFor(std::size_t instance, const Interval& interval) {
  const auto range = may_leave_out_ ? NeededBy(instance, interval) : std::nullopt;
  if (!range) {
    return std::nullopt;
  }
  const JobInstance& left = instances_[range->instance];
  const std::string which =
      range->first == range->last
          ? left.Label(range->first)
          : fmt::format("{} to {}", left.Label(range->first), left.Label(range->last));
  return fmt::format("{} of {} was left out by 'catch_up: last'; {}", left.name(), which,
                     HowToMakeUp(*range));
}

std::optional<LeftOut::Range> LeftOut::NeededBy(std::size_t instance, const Interval& interval) {
  const Place place(instance, interval);
  if (const auto known = needed_by_.find(place); known != needed_by_.end()) {
    return known->second;
  }
  const auto range = FindNeeded(instance, interval);
  needed_by_[place] = range;
  return range;
}

std::optional<LeftOut::Range> LeftOut::FindNeeded(std::size_t instance, const Interval& interval) {
  if (instances_[instance].job->due == project::Due::kWait) {
    return std::nullopt;  // it does without
  }
  for (const InstanceInput& input : instances_[instance].reads) {
    for (const TableWriter& by : input.writers) {
      const auto lacking = coverage_.LacksFor(instance, interval, input, by.instance);
      auto range = lacking ? RangeOf(by.instance, *lacking) : std::nullopt;
      // Jobs may read each other's past: only those that are planned before are followed.
      if (lacking && !range && by.instance < instance && RunsByItself(instances_[by.instance])) {
        range = NeededBy(by.instance, *lacking);
      }
      if (range) {
        return range;
      }
    }
  }
  return std::nullopt;
}

std::optional<LeftOut::Range> LeftOut::RangeOf(std::size_t instance, const Interval& interval) {
  if (!CatchesUpWithLast(instances_[instance])) {
    return std::nullopt;
  }
  if (!left_.contains(instance)) {
    left_[instance] = RangesOf(instance, OlderThanDone(instance));
  }
  for (const Range& range : left_[instance]) {
    if (range.first <= interval && interval <= range.last) {
      return range;
    }
  }
  return std::nullopt;
}

std::vector<Interval> LeftOut::OlderThanDone(std::size_t instance) const {
  const auto first = coverage_.First(instance);
  const auto newest = coverage_.Newest(instance);
  return first && newest ? instances_[instance].schedule.Between(*first, *newest)
                         : std::vector<Interval>();
}

std::vector<LeftOut::Range> LeftOut::RangesOf(std::size_t instance,
                                              const std::vector<Interval>& intervals) const {
  std::vector<Range> ranges;
  for (const Interval& interval : intervals) {
    if (coverage_.Has(instance, interval)) {
      continue;
    }
    if (!ranges.empty() && ranges.back().last.end == interval.start) {
      ranges.back().last = interval;
    } else {
      ranges.push_back({.instance = instance, .first = interval, .last = interval});
    }
  }
  return ranges;
}

std::string LeftOut::HowToMakeUp(const Range& range) const {
  const JobInstance& left = instances_[range.instance];
  const std::string first = left.schedule.Day(range.first);
  const std::string last = left.schedule.Day(range.last);
  std::string command = fmt::format("weir backfill {}", left.job->name);
  command += left.partition.empty()
                 ? ""
                 : fmt::format(" --partition {}={}", left.job->per, left.partition);
  command += first == last ? fmt::format(" --on {}", first)
                           : fmt::format(" --from {} --to {}", first, last);
  command += facts_.borrowed.contains(range.instance) ? " --env " + facts_.read_from : "";
  return fmt::format("'{}' and then 'weir run' make up for it", command);
}

}  // namespace weir::jobs
