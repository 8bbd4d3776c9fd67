#include "jobs/plan/due.h"

#include <algorithm>

#include <fmt/format.h>

#include "jobs/plan/reading.h"

namespace weir::jobs {
namespace {

void Limit(std::optional<Micros>& until, std::string& why, Micros end, const std::string& reason) {
  if (!until || end < *until) {
    until = end;
    why = reason;
  }
}

std::string Complete(const std::string& what, const std::optional<Interval>& extent) {
  return extent ? fmt::format("{} is complete until {}", what, FormatTimestamp(extent->end))
                : fmt::format("{} holds no rows yet", what);
}

// Whether one stream writes both.
bool SharesStream(const InstanceInput& one, const InstanceInput& other) {
  return one.by_stream && other.by_stream &&
         std::ranges::any_of(one.writers, [&](const TableWriter& writer) {
           return std::ranges::find(other.writers, writer.instance, &TableWriter::instance) !=
                  other.writers.end();
         });
}

// The days that an input's table has rows of; of tables that one stream writes, those of the one
// that is furthest: what the stream has read it has read for all of them.
std::optional<Interval> DaysOf(const InstanceInput& input, const JobInstance& reader,
                               const PlanFacts& facts) {
  std::optional<Interval> furthest;
  for (const InstanceInput& other : reader.reads) {
    const auto table = facts.tables.find(other.input.table);
    if ((&other == &input || SharesStream(other, input)) && table != facts.tables.end()) {
      const std::optional<Interval>& extent = table->second.extent;
      furthest = extent && (!furthest || extent->end > furthest->end) ? extent : furthest;
    }
  }
  return furthest;
}

std::string CompleteByStream(const std::string& table, Micros until, const std::string& problem) {
  if (until > 0) {
    return fmt::format("{} is complete until {}", table, FormatTimestamp(until));
  }
  return problem.empty()
             ? fmt::format("nobody knows until when {} is complete", table)
             : fmt::format("nobody knows until when {} is complete: {}", table, problem);
}

// A source that goes on for ever is complete up to the time of the look at it.
void LimitByStreams(const InstanceInput& input, const PlanFacts& facts,
                    std::optional<Micros>& until, std::string& why) {
  for (const TableWriter& writer : input.writers) {
    const auto& source = facts.sources[writer.instance];
    if (input.by_stream && source && source->complete_until) {
      Limit(until, why, *source->complete_until,
            CompleteByStream(input.input.table, *source->complete_until, source->problem));
    }
  }
}

// What a stream has still to read that this plan doesn't let it read, and what those that feed it
// haven't brought yet, may be rows of any day after what it is known to have.
void LimitByWhatIsBehind(const InstanceInput& input, const PlanFacts& facts,
                         const Coverage& coverage, std::optional<Micros>& until, std::string& why) {
  for (const TableWriter& writer : input.writers) {
    const auto& source = facts.sources[writer.instance];
    if (!input.by_stream || !source) {
      continue;
    }
    if (HasMessagesToRead(*source) && !coverage.IsStreaming(writer.instance)) {
      Limit(until, why, source->fed_by.empty() ? source->read_until.value_or(0) : 0,
            fmt::format("{} isn't complete: there are messages to read for it", input.input.table));
    }
    if (const Micros fed = FedUntil(facts, *source); fed < kAllOfTime.end) {
      Limit(until, why, fed,
            fmt::format("{} is complete no further than what is sent to its stream",
                        input.input.table));
    }
  }
}

void LimitByTable(const InstanceInput& input, const JobInstance& reader, const PlanFacts& facts,
                  std::optional<Micros>& until, std::string& why) {
  const auto table = facts.tables.find(input.input.table);
  const bool is_there = table != facts.tables.end() && table->second.latest >= 0;
  if (!is_there && !input.input.optional) {
    Limit(until, why, kAllOfTime.start, fmt::format("there is no table {}", input.input.table));
  } else if (is_there && table->second.has_intervals) {
    const std::optional<Interval> days = DaysOf(input, reader, facts);
    Limit(until, why, days ? days->end : kAllOfTime.start, Complete(input.input.table, days));
  }
}

bool ReadsProjectTables(const JobInstance& instance) {
  return std::ranges::any_of(instance.reads, [](const InstanceInput& input) {
    return !input.KnowsDaysByRows() && !input.input.previous;
  });
}

// The first of the tables of streams that it reads, if there is none of them yet: the streams have
// to begin, and the clock knows nothing of their days.
const InstanceInput* MissingStream(const JobInstance& instance, const PlanFacts& facts) {
  const InstanceInput* missing = nullptr;
  for (const InstanceInput& read : instance.reads) {
    if (!read.by_stream || read.input.previous) {
      continue;
    }
    const auto table = facts.tables.find(read.input.table);
    if (table != facts.tables.end() && table->second.latest >= 0) {
      return nullptr;
    }
    missing = missing == nullptr ? &read : missing;
  }
  return missing;
}

// Where an instance's runs are, for messages: nothing if they are here.
std::string InWhich(std::size_t instance, const PlanFacts& facts) {
  return facts.borrowed.contains(instance) ? " in environment " + facts.read_from : "";
}

// `lacking`: the interval that the writer lacks, if any.
std::optional<std::string> WriterNotReady(const std::vector<JobInstance>& instances,
                                          std::size_t number,
                                          const std::optional<Interval>& lacking,
                                          const PlanFacts& facts) {
  const JobInstance& writer = instances[number];
  return lacking ? std::optional(fmt::format("waits for {} of {}{}", writer.name(),
                                             writer.Label(*lacking), InWhich(number, facts)))
                 : std::nullopt;
}

// The end of the newest interval that the writers of its inputs have. `why` says what comes first.
Micros NewestUpstream(const std::vector<JobInstance>& instances, const JobInstance& instance,
                      const PlanFacts& facts, const Coverage& coverage, std::string& why) {
  std::optional<Micros> newest;
  why = "its inputs have no later intervals";
  for (const InstanceInput& input : instance.reads) {
    for (const TableWriter& writer : input.writers) {
      const auto end = coverage.Newest(writer.instance);
      if (!input.input.previous && end) {
        newest = std::max(newest.value_or(*end), *end);
      } else if (!input.input.previous && !newest) {
        why = fmt::format("waits for {}, which has not run{}", instances[writer.instance].name(),
                          InWhich(writer.instance, facts));
      }
    }
  }
  if (newest) {
    why = "its inputs have no later intervals";
  }
  return newest.value_or(kAllOfTime.start);
}

// A stream that is about to read new files may bring rows of any day.
std::optional<std::string> StreamNotReady(std::size_t number, const JobInstance& stream,
                                          const PlanFacts& facts, const Coverage& coverage) {
  const auto& source = facts.sources[number];
  const bool reads_first = source && !source->new_inputs.empty() && coverage.IsStreaming(number);
  return reads_first ? std::optional(fmt::format("waits for {}, which has {} files to read",
                                                 stream.name(), source->new_inputs.size()))
                     : std::nullopt;
}

// The same of a stream and those that feed it.
std::optional<std::string> StreamsNotReady(const std::vector<JobInstance>& instances,
                                           std::size_t number, const PlanFacts& facts,
                                           const Coverage& coverage) {
  auto reason = StreamNotReady(number, instances[number], facts, coverage);
  if (facts.sources[number]) {
    for (const std::size_t feeder : facts.sources[number]->fed_by) {
      reason = reason ? reason : StreamNotReady(feeder, instances[feeder], facts, coverage);
    }
  }
  return reason;
}

// Nobody here knows until when such a stream is complete, so its days count once they are over.
bool ReadsBorrowedStream(const JobInstance& instance, const PlanFacts& facts) {
  return std::ranges::any_of(instance.reads, [&](const InstanceInput& input) {
    return input.by_stream && std::ranges::any_of(input.writers, [&](const TableWriter& writer) {
             return facts.borrowed.contains(writer.instance);
           });
  });
}

}  // namespace

std::optional<Micros> CompleteUntil(const JobInstance& instance, const PlanFacts& facts,
                                    std::size_t number, std::string& why) {
  std::optional<Micros> until;
  for (const InstanceInput& input : instance.reads) {
    if (input.KnowsDaysByRows() && !input.input.previous) {
      LimitByTable(input, instance, facts, until, why);
      if (input.by_stream && facts.follows) {
        Limit(until, why, facts.now, "its next interval isn't over yet");
      }
      LimitByStreams(input, facts, until, why);
    }
  }
  const auto& source = facts.sources[number];
  if (source && source->limits_days) {
    Limit(until, why, source->extent ? source->extent->end : kAllOfTime.start,
          Complete("its source", source->extent));
  }
  return until;
}

DueIntervals DueOf(const std::vector<JobInstance>& instances, std::size_t instance,
                   const PlanFacts& facts, const Coverage& coverage) {
  const JobInstance& self = instances[instance];
  DueIntervals due;
  std::optional<Micros> until = CompleteUntil(self, facts, instance, due.waits_for);
  if (until && *until == kAllOfTime.start) {
    return due;
  }
  for (const InstanceInput& input : self.reads) {
    if (input.KnowsDaysByRows() && !input.input.previous) {
      LimitByWhatIsBehind(input, facts, coverage, until, due.waits_for);
    }
  }
  if (!until && ReadsProjectTables(self)) {
    until = NewestUpstream(instances, self, facts, coverage, due.waits_for);
  }
  if (const InstanceInput* missing = until ? nullptr : MissingStream(self, facts)) {
    due.waits_for = Complete(missing->input.table, std::nullopt);
    return due;
  }
  const bool by_clock = !until;
  if (by_clock || (self.job->due == project::Due::kWait && self.job->wait)) {
    until = facts.now - (self.job->wait ? self.job->wait->count() : 0);
    due.waits_for = "its next interval isn't over yet";
  }
  if (self.end() <= *until) {
    until = self.end();
    due.waits_for = fmt::format("it ended with {}", FormatTimestamp(*until));
  }
  const auto first = coverage.First(instance);
  if (first) {
    due.intervals = self.schedule.Between(*first, *until);
  } else if (by_clock) {  // nothing says when it began: the newest interval alone
    const Interval last = self.schedule.At(*until);
    due.intervals = {self.schedule.Previous(last)};
  }
  return due;
}

Micros NextByClock(const std::vector<JobInstance>& instances, const PlanFacts& facts) {
  Micros next = kAllOfTime.end;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const JobInstance& self = instances[i];
    if (self.job->is_stream || self.job->is_service) {
      continue;
    }
    std::string ignored;
    const bool by_clock = ReadsBorrowedStream(self, facts) ||
                          (!CompleteUntil(self, facts, i, ignored) && !ReadsProjectTables(self));
    if (by_clock || self.job->due == project::Due::kWait) {
      const Micros wait = self.job->wait ? self.job->wait->count() : 0;
      next = std::min(next, self.schedule.At(facts.now - wait).end + wait);
    }
  }
  return next;
}

std::optional<std::string> NotReady(const std::vector<JobInstance>& instances, std::size_t instance,
                                    const Interval& interval, const PlanFacts& facts,
                                    const Coverage& coverage) {
  const JobInstance& self = instances[instance];
  if (self.job->due == project::Due::kWait) {
    return std::nullopt;
  }
  for (const InstanceInput& input : self.reads) {
    for (const TableWriter& by : input.writers) {
      auto reason =
          input.by_stream
              ? StreamsNotReady(instances, by.instance, facts, coverage)
              : WriterNotReady(instances, by.instance,
                               coverage.LacksFor(instance, interval, input, by.instance), facts);
      if (reason) {
        return reason;
      }
    }
  }
  return std::nullopt;
}

}  // namespace weir::jobs
