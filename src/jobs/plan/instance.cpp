#include "jobs/plan/instance.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace weir::jobs {
namespace {

using project::Job;
using project::Project;

project::Substitutions ValuesOf(const Project& project, const Job& job,
                                const std::string& partition) {
  project::Substitutions values;
  for (const auto& [name, value] : project.variables) {
    using Kind = project::SubstitutionValue::Kind;
    const bool is_literal = project.literal_variables.contains(name);
    values["var." + name] = {.kind = is_literal ? Kind::kLiteral : Kind::kText, .text = value};
  }
  for (const auto& [name, value] : project.environment.locations) {
    values["location." + name].text = value;
  }
  if (!job.per.empty()) {
    values[job.per].text = partition;
  }
  return values;
}

JobInstance MakeInstance(const Project& project, const Job& job, const std::string& partition) {
  JobInstance instance{.job = &job, .partition = partition, .schedule = Schedule(job.schedule)};
  instance.values = ValuesOf(project, job, partition);
  for (const project::Input& input : job.reads) {
    InstanceInput filled{.input = input};
    filled.input.table = project::FillName(input.table, instance.values);
    instance.reads.push_back(std::move(filled));
  }
  for (project::Output output : job.writes) {
    output.table = project::FillName(output.table, instance.values);
    instance.writes.push_back(std::move(output));
  }
  return instance;
}

std::vector<JobInstance> AllInstances(const Project& project) {
  std::vector<JobInstance> instances;
  for (const Job& job : project.jobs) {
    if (job.per.empty()) {
      instances.push_back(MakeInstance(project, job, ""));
      continue;
    }
    for (const std::string& partition : project.partitions.at(job.per)) {
      instances.push_back(MakeInstance(project, job, partition));
    }
  }
  std::ranges::sort(instances, {}, [](const JobInstance& instance) {
    return std::pair(instance.job->name, instance.partition);
  });
  return instances;
}

using Writers = std::map<std::string, std::vector<TableWriter>>;

Writers WritersOf(const std::vector<JobInstance>& instances) {
  Writers writers;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    for (std::size_t output = 0; output < instances[i].writes.size(); ++output) {
      writers[instances[i].writes[output].table].push_back({.instance = i, .output = output});
    }
  }
  return writers;
}

// Whether a reader wants only the rows of its own partition of a table that instances share.
bool ReadsOwnPartition(const JobInstance& reader, const project::Input& input,
                       const JobInstance& writer) {
  return !reader.job->per.empty() && reader.job->per == writer.job->per &&
         input.where.find("{" + reader.job->per + "}") != std::string::npos;
}

// Of an input whose table is written here.
void LinkInput(const JobInstance& reader, const std::vector<TableWriter>& writers,
               const std::vector<JobInstance>& instances, InstanceInput& input) {
  for (const TableWriter& by : writers) {
    const JobInstance& writer = instances[by.instance];
    if (!ReadsOwnPartition(reader, input.input, writer) || writer.partition == reader.partition) {
      input.writers.push_back(by);
      input.by_stream = input.by_stream || writer.job->is_stream;
    }
  }
}

void LinkReads(std::vector<JobInstance>& instances) {
  const Writers writers = WritersOf(instances);
  for (JobInstance& reader : instances) {
    for (InstanceInput& input : reader.reads) {
      if (const auto found = writers.find(input.input.table); found != writers.end()) {
        LinkInput(reader, found->second, instances, input);
      }
    }
  }
}

// Instances in an order in which each comes after those it reads; of those that may come next the
// first by name.
std::vector<std::size_t> Order(const std::vector<JobInstance>& instances) {
  std::vector<std::set<std::size_t>> readers(instances.size());
  std::vector<std::size_t> open(instances.size(), 0);
  for (std::size_t i = 0; i < instances.size(); ++i) {
    for (const InstanceInput& input : instances[i].reads) {
      for (const TableWriter& writer : input.writers) {
        const bool orders = !input.input.previous && writer.instance != i;
        open[i] += orders && readers[writer.instance].insert(i).second ? 1 : 0;
      }
    }
  }
  std::set<std::size_t> next;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (open[i] == 0) {
      next.insert(i);
    }
  }
  std::vector<std::size_t> order;
  while (!next.empty()) {
    const std::size_t instance = *next.begin();
    next.erase(next.begin());
    order.push_back(instance);
    for (const std::size_t reader : readers[instance]) {
      if (--open[reader] == 0) {
        next.insert(reader);
      }
    }
  }
  return order;
}

// Whether nothing but the tables of other jobs, no streams, says which of its intervals are due.
bool GoesByJobsAlone(const JobInstance& instance) {
  const project::Job& job = *instance.job;
  const bool reads_outside = std::ranges::any_of(job.steps, &project::Step::IsSource);
  return !reads_outside && job.due != project::Due::kWait &&
         job.schedule.cadence != project::Cadence::kManual &&
         std::ranges::none_of(instance.reads, [](const InstanceInput& input) {
           return input.KnowsDaysByRows() && !input.input.previous;
         });
}

// Of an instance that comes after those whose tables it reads.
Micros LastEndOf(const JobInstance& self, const std::vector<JobInstance>& instances) {
  if (!GoesByJobsAlone(self)) {
    return self.end();
  }
  std::optional<Micros> latest;
  for (const InstanceInput& input : self.reads) {
    for (const TableWriter& writer : input.writers) {
      if (!input.input.previous) {
        const Micros end = instances[writer.instance].last_end;
        latest = std::max(latest.value_or(end), end);
      }
    }
  }
  return std::min(self.end(), latest.value_or(kAllOfTime.end));
}

}  // namespace

std::string JobInstance::name() const {
  return partition.empty() ? job->name : fmt::format("{}[{}]", job->name, partition);
}

std::string JobInstance::Label(const Interval& interval) const {
  const bool is_batch = job->is_stream && interval.start == interval.end;
  return is_batch ? fmt::format("batch {}", interval.start) : schedule.Label(interval);
}

bool JobInstance::WritesState() const {
  return std::ranges::any_of(writes, [](const auto& output) { return !output.IsIntervalTable(); });
}

bool JobInstance::WritesIntervals() const {
  return std::ranges::any_of(writes, [](const auto& output) { return output.IsIntervalTable(); });
}

Micros JobInstance::end() const { return job->end ? schedule.TimeOf(*job->end) : kAllOfTime.end; }

bool JobInstance::MergesState() const {
  return std::ranges::any_of(
      writes, [](const auto& output) { return output.mode == project::OutputMode::kMerge; });
}

std::vector<JobInstance> MakeInstances(const Project& project) {
  std::vector<JobInstance> instances = AllInstances(project);
  LinkReads(instances);
  const std::vector<std::size_t> order = Order(instances);
  std::vector<std::size_t> place(instances.size());
  std::vector<JobInstance> sorted;
  for (std::size_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    sorted.push_back(std::move(instances[order[i]]));
  }
  for (JobInstance& instance : sorted) {
    for (InstanceInput& input : instance.reads) {
      for (TableWriter& writer : input.writers) {
        writer.instance = place[writer.instance];
      }
    }
  }
  for (JobInstance& instance : sorted) {
    instance.last_end = LastEndOf(instance, sorted);
  }
  return sorted;
}

std::optional<std::size_t> OwnPreviousState(const std::vector<JobInstance>& instances,
                                            std::size_t instance) {
  const auto& reads = instances[instance].reads;
  for (std::size_t i = 0; i < reads.size(); ++i) {
    for (const TableWriter& writer : reads[i].writers) {
      const bool is_own = reads[i].input.previous && writer.instance == instance;
      if (is_own && !instances[instance].writes[writer.output].IsIntervalTable()) {
        return i;
      }
    }
  }
  return std::nullopt;
}

}  // namespace weir::jobs
