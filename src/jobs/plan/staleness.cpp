#include "jobs/plan/staleness.h"

#include <algorithm>

#include <fmt/format.h>

#include "jobs/plan/reading.h"

namespace weir::jobs {
namespace {

// The newest change after `version`, at most `until`, among what the input selects; 0 for none.
template <typename Selects>
std::optional<std::int64_t> ChangedAfter(const TableFacts& table, std::int64_t version,
                                         const Selects& selects) {
  for (auto touch = table.touches.rbegin(); touch != table.touches.rend(); ++touch) {
    if (touch->version <= version) {
      return std::nullopt;
    }
    if (selects(*touch)) {
      return touch->version;
    }
  }
  return std::nullopt;
}

// Whether the table's log was cleaned up behind the version that was read.
bool MayHaveForgotten(const InputRecord& read, const TableFacts& table) {
  return read.version >= 0 && read.version < table.forgotten;
}

std::optional<StaleReason> WhyFilesStale(const InputRecord& read, const std::string& files) {
  if (read.files == files) {
    return std::nullopt;
  }
  return StaleReason{.cause = Cause::kChanged,
                     .why = fmt::format("{} holds other data than version {}, which was read; its "
                                        "log has forgotten the change",
                                        read.table, read.version)};
}

StaleReason Changed(const InputRecord& read, std::int64_t version) {
  return {.cause = Cause::kChanged,
          .why = read.version < 0 ? fmt::format("{} is there now", read.table)
                                  : fmt::format("{} changed: version {} was read, {} is newer",
                                                read.table, read.version, version)};
}

// Whether the data of a state table changed between two versions, whichever is newer.
bool StateDiffers(const TableFacts& table, std::int64_t left, std::int64_t right) {
  return std::ranges::any_of(table.touches, [&](const Touch& touch) {
    return touch.version > std::min(left, right) && touch.version <= std::max(left, right);
  });
}

std::optional<StaleReason> WhyStateStale(const Reading& now, const InputRecord& read,
                                         const project::Input& input, const TableFacts& table) {
  if (now.writer_run == read.writer_run && now.version == read.version) {
    return std::nullopt;
  }
  if (input.previous && now.writer_run == read.writer_run) {
    return std::nullopt;  // handed on inside a chain
  }
  const bool known = now.kind == ReadingKind::kVersion && read.version >= 0;
  if (known && !StateDiffers(table, now.version, read.version)) {
    return std::nullopt;
  }
  if (now.kind == ReadingKind::kEmpty && read.version < 0 && read.writer_run.empty()) {
    return std::nullopt;
  }
  return StaleReason{
      .cause = input.previous ? Cause::kPrevious : Cause::kChanged,
      .why = input.previous
                 ? fmt::format("the interval before was run again ({})", now.writer_run)
                 : fmt::format("{} has another state now (run {})", read.table, now.writer_run)};
}

// A table that was dropped and made again begins with version 0: its numbers say nothing of what
// was read.
bool IsAnotherTable(const InputRecord& read, const TableFacts& table) {
  const bool other_id = !read.table_id.empty() && !table.id.empty() && read.table_id != table.id;
  return read.version >= 0 && table.latest >= 0 && (other_id || table.latest < read.version);
}

// Whether files outside came, went or changed since the run.
std::optional<StaleReason> WhySourceStale(const JobInstance& self, const RunRecord& run,
                                          const SourceFacts& source) {
  for (const auto& [step, days] : source.digests) {
    const auto read = std::ranges::find_if(run.inputs, [&](const InputRecord& input) {
      return input.table == kSourceFiles && input.name == step;
    });
    const std::string now = source.DigestOf(step, self.schedule.Day(run.key.interval),
                                            self.schedule.Hour(run.key.interval));
    if (read != run.inputs.end() && read->files != now) {
      return StaleReason{.cause = Cause::kChanged,
                         .why = fmt::format("the files that step '{}' reads changed", step)};
    }
  }
  return std::nullopt;
}

// Whether the interval before was run again, or for the first time, since the run merged its rows
// into that one's state.
std::optional<StaleReason> WhyMergesStale(const JobInstance& self, const RunRecord& run,
                                          const std::vector<RunRecord>& done,
                                          const PlanFacts& facts) {
  for (const project::Output& output : self.writes) {
    const auto read = std::ranges::find(run.inputs, output.table, &InputRecord::name);
    if (output.mode != project::OutputMode::kMerge || read == run.inputs.end()) {
      continue;  // records of earlier programs don't say
    }
    const Reading before = StateBefore(output.table, done, run.key.interval, facts);
    if (before.writer_run != read->writer_run) {
      return StaleReason{
          .cause = Cause::kPrevious,
          .why = fmt::format("the interval before was run again ({})", before.writer_run)};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<StaleReason> WhyStale(const std::vector<JobInstance>& instances, std::size_t instance,
                                    const RunRecord& run, const PlanFacts& facts) {
  const JobInstance& self = instances[instance];
  std::optional<StaleReason> reason;
  for (std::size_t i = 0; i < self.reads.size() && !reason; ++i) {
    const InstanceInput& input = self.reads[i];
    const auto table = facts.tables.find(input.input.table);
    const auto read = std::ranges::find(run.inputs, input.input.name, &InputRecord::name);
    if (!input.input.watch || table == facts.tables.end() || read == run.inputs.end()) {
      continue;  // an input that is new in the job is a change of its code
    }
    if (read->table != input.input.table) {  // its versions say nothing of the other's
      return StaleReason{
          .cause = Cause::kCode,
          .why = fmt::format("it reads {} now, {} was read", input.input.table, read->table)};
    }
    if (read->version >= 0 && table->second.latest >= 0 &&
        read->note.starts_with(kFromEnvironment) != table->second.of_other) {
      return StaleReason{.cause = Cause::kChanged,
                         .why = fmt::format("{} is read in another environment now", read->table)};
    }
    if (IsAnotherTable(*read, table->second)) {
      return StaleReason{.cause = Cause::kChanged,
                         .why = fmt::format("{} was dropped and made anew", read->table)};
    }
    const Reading now = ReadingOf(instances, instance, input, run.key.interval, facts);
    if (now.kind == ReadingKind::kLatest || now.kind == ReadingKind::kWindow) {
      const auto changed = ChangedAfter(table->second, read->version, [&](const Touch& touch) {
        return Overlap(touch.range, now.window) &&
               (!facts.may_read || facts.may_read(instance, i, touch));
      });
      reason = changed ? std::optional(Changed(*read, *changed)) : std::nullopt;
      if (!reason && MayHaveForgotten(*read, table->second) && facts.files_now) {
        reason = WhyFilesStale(*read, facts.files_now(instance, i, run.key.interval, now.window));
      }
    } else {
      reason = WhyStateStale(now, *read, input.input, table->second);
    }
  }
  if (!reason) {
    reason = WhyMergesStale(self, run, facts.runs[instance].succeeded, facts);
  }
  if (const auto& source = facts.sources[instance]; !reason && source) {
    reason = WhySourceStale(self, run, *source);
  }
  if (!reason && run.code_hash != facts.code_hashes[instance]) {
    reason = StaleReason{.cause = Cause::kCode, .why = "the job's code changed"};
  }
  return reason;
}

}  // namespace weir::jobs
