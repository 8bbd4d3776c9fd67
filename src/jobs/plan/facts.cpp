#include "jobs/plan/facts.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::jobs {

bool HasMessagesToRead(const SourceFacts& source) {
  return std::ranges::any_of(source.new_inputs,
                             [](const NewInput& input) { return input.end > 0; });
}

Micros FedUntil(const PlanFacts& facts, const SourceFacts& source) {
  if (source.fed_until) {
    return *source.fed_until;
  }
  Micros until = kAllOfTime.end;
  for (const std::size_t stream : source.fed_by) {
    const auto& feeder = facts.sources[stream];
    if (!feeder) {
      continue;
    }
    const bool is_behind = feeder->unsent || HasMessagesToRead(*feeder);
    // What a fed one had read by then may have come to it late.
    const Micros sent = feeder->fed_by.empty() ? feeder->sent_until.value_or(0) : 0;
    until = std::min({until, feeder->fed_until.value_or(kAllOfTime.end),
                      is_behind ? sent : feeder->complete_until.value_or(kAllOfTime.end)});
  }
  return until;
}

std::size_t InputsOfBatch(const SourceFacts& source, std::int64_t batch_bytes) {
  std::size_t taken = 0;
  std::int64_t bytes = 0;
  for (const NewInput& input : source.new_inputs) {
    bytes += input.bytes;
    if (taken > 0 && bytes > batch_bytes) {
      break;
    }
    ++taken;
  }
  return taken;
}

const RunRecord* FindRun(const std::vector<RunRecord>& by_interval, const Interval& interval) {
  const auto found = std::ranges::lower_bound(
      by_interval, interval, {}, [](const RunRecord& run) { return run.key.interval; });
  return found != by_interval.end() && found->key.interval == interval ? &*found : nullptr;
}

const RunRecord* FindNewestRun(const InstanceRuns& runs, const Interval& interval) {
  const RunRecord* unsuccessful = FindRun(runs.unsuccessful, interval);
  return unsuccessful != nullptr ? unsuccessful : FindRun(runs.succeeded, interval);
}

bool IsStillThere(const OutputRecord& made, const TableFacts& table) {
  if (made.version < 0 || table.of_other) {
    return true;
  }
  const bool other_id = !made.table_id.empty() && !table.id.empty() && made.table_id != table.id;
  return made.version <= table.latest && !other_id;
}

const OutputRecord* OutputOf(const RunRecord& run, const std::string& table) {
  const auto found = std::ranges::find(run.outputs, table, &OutputRecord::table);
  return found == run.outputs.end() ? nullptr : &*found;
}

std::string SourceFacts::HourKey(const std::string& day, int hour) {
  return fmt::format("{}T{:02}", day, hour);
}

std::string SourceFacts::DigestOf(const std::string& step, const std::string& day, int hour) const {
  const auto times = digests.find(step);
  if (times == digests.end()) {
    return "";
  }
  for (const std::string& key : {std::string(), day, HourKey(day, hour)}) {
    if (const auto found = times->second.find(key); found != times->second.end()) {
      return found->second;
    }
  }
  return "";
}

}  // namespace weir::jobs
