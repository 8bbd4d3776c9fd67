#include "jobs/plan/coverage.h"

#include <algorithm>

#include "jobs/plan/done_runs.h"
#include "jobs/plan/reading.h"

namespace weir::jobs {
namespace {

void TakeLess(std::optional<Micros>& least, std::optional<Micros> other) {
  least = least && other ? std::min(*least, *other) : (least ? least : other);
}

}  // namespace

Coverage::Coverage(const std::vector<JobInstance>& instances, const PlanFacts& facts)
    : instances_(instances), facts_(facts), covered_(instances.size()) {
  for (std::size_t instance = 0; instance < instances.size(); ++instance) {
    const WrittenTables tables(instances[instance], facts);
    for (const RunRecord& run : facts.runs[instance].succeeded) {
      // Who reads a state that has moved on reads a newer one.
      if (!tables.Lack(run) || HasMovedOn(instances, instance, run.key.interval, facts)) {
        covered_[instance].insert(run.key.interval);
      }
    }
    firsts_.push_back(FirstOf(instance));
    through_.push_back(firsts_.back().value_or(kAllOfTime.start));
    Extend(instance);
  }
}

std::optional<Micros> Coverage::FirstOf(std::size_t instance) const {
  const JobInstance& self = instances_[instance];
  const auto& done = facts_.runs[instance].succeeded;
  if (facts_.borrowed.contains(instance)) {  // what it reads is there, not here
    return done.empty() ? std::nullopt : std::optional(done.front().key.interval.start);
  }
  if (self.job->start) {
    return self.schedule.At(self.schedule.TimeOf(*self.job->start)).start;
  }
  std::optional<Micros> first;
  for (const InstanceInput& input : self.reads) {
    if (input.input.previous) {
      continue;
    }
    for (const TableWriter& writer : input.writers) {
      if (!input.by_stream) {
        TakeLess(first, firsts_[writer.instance]);
      }
    }
    const auto table = facts_.tables.find(input.input.table);
    if (input.KnowsDaysByRows() && table != facts_.tables.end()) {
      if (const std::optional<Interval>& extent = table->second.extent) {
        TakeLess(first, extent->start);
      }
    }
  }
  const auto& source = facts_.sources[instance];
  if (source && source->extent) {
    TakeLess(first, source->extent->start);
  }
  if (!first && !done.empty() && self.job->schedule.cadence != project::Cadence::kManual) {
    return done.front().key.interval.start;  // it goes by the clock, and began here
  }
  return first ? std::optional(self.schedule.At(*first).start) : std::nullopt;
}

std::optional<Micros> Coverage::Newest(std::size_t instance) const {
  const auto& covered = covered_[instance];
  return covered.empty() ? std::nullopt : std::optional(covered.rbegin()->end);
}

void Coverage::Plan(std::size_t instance, const Interval& interval) {
  covered_[instance].insert(interval);
  Extend(instance);
}

bool Coverage::Has(std::size_t instance, const Interval& interval) const {
  return covered_[instance].contains(interval);
}

void Coverage::Extend(std::size_t instance) {
  if (!firsts_[instance]) {
    return;
  }
  const auto& covered = covered_[instance];
  auto next = covered.lower_bound({.start = through_[instance], .end = kAllOfTime.start});
  for (; next != covered.end() && next->start == through_[instance]; ++next) {
    through_[instance] = next->end;
  }
}

std::optional<Interval> Coverage::Lacks(std::size_t instance, const Interval& window) const {
  const Schedule& schedule = instances_[instance].schedule;
  const std::optional<Micros> first = firsts_[instance];
  if (!first) {  // runs by the clock: what has run is all there is
    const auto& covered = covered_[instance];
    return covered.empty() ? std::optional(schedule.At(window.end - 1)) : std::nullopt;
  }
  const Micros from = std::max(window.start, through_[instance]);
  const Micros until = std::min(window.end, instances_[instance].last_end);
  if (until <= from) {
    return std::nullopt;
  }
  for (Interval next = schedule.At(from); next.end <= until; next = schedule.Next(next)) {
    if (next.start >= *first && !Has(instance, next)) {
      return next;
    }
  }
  const Interval last = schedule.At(until - 1);
  const bool ends_later = last.end > until;  // a day within an unfinished week holds no rows
  return ends_later || Has(instance, last) || last.start < *first ? std::nullopt
                                                                  : std::optional(last);
}

std::optional<Interval> Coverage::LacksFor(std::size_t reader, const Interval& interval,
                                           const InstanceInput& input, std::size_t writer) const {
  if (input.by_stream || writer == reader) {
    return std::nullopt;
  }
  const Interval window = TimeRead(instances_, reader, input, writer, interval, facts_);
  return HasAskedFor(writer, window) ? std::nullopt : Lacks(writer, window);
}

// Whether a window holds an interval of a job that runs only when it is asked for: which others it
// might have, nobody knows.
bool Coverage::HasAskedFor(std::size_t instance, const Interval& window) const {
  const auto first = First(instance);
  const JobInstance& self = instances_[instance];
  if (self.job->schedule.cadence != project::Cadence::kManual || !first) {
    return false;
  }
  for (Interval next = self.schedule.At(std::max(window.start, *first)); next.end <= window.end;
       next = self.schedule.Next(next)) {
    if (Has(instance, next)) {
      return true;
    }
  }
  return false;
}

}  // namespace weir::jobs
