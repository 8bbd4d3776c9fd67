#include "cli/ingest_lag.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/error.h"
#include "base/log.h"
#include "cli/job/workspace.h"
#include "jobs/run/stream_positions.h"

namespace weir::cli {
namespace {

constexpr std::size_t kBatchesOfRate = 10;
constexpr std::string_view kKafkaScheme = "kafka://";
constexpr std::string_view kOffsetsMark = " offsets=";

bool ReadsKafka(const project::Project& project) {
  const bool by_location = std::ranges::any_of(
      project.environment.locations,
      [](const auto& location) { return location.second.starts_with(kKafkaScheme); });
  const auto by_step = [](const project::Step& step) {
    return step.with.is_object() && std::ranges::any_of(step.with, [](const auto& value) {
             return value.is_string() &&
                    value.template get<std::string>().starts_with(kKafkaScheme);
           });
  };
  return by_location || std::ranges::any_of(project.jobs, [&](const project::Job& job) {
           return std::ranges::any_of(job.steps, by_step);
         });
}

// How many offsets "a/0 offsets=5-9" tells of `place`.
std::int64_t OffsetsOf(const std::string& place, std::string_view line) {
  const std::size_t mark = line.find(kOffsetsMark);
  if (mark == std::string_view::npos || line.substr(0, mark) != place) {
    return 0;
  }
  const std::string_view range = line.substr(mark + kOffsetsMark.size());
  const std::size_t dash = range.find('-');
  std::int64_t first = 0;
  std::int64_t last = -1;
  const std::string_view begin = range.substr(0, dash);
  std::from_chars(begin.begin(), begin.end(), first);
  if (dash != std::string_view::npos) {
    const std::string_view end = range.substr(dash + 1);
    std::from_chars(end.begin(), end.end(), last);
  }
  return last + 1 - first;
}

// Where one stream stands, by "source/partition".
std::map<std::string, PartitionLag> LagOfStream(const jobs::JobInstance& stream,
                                                const jobs::SourceFacts& source,
                                                lake::Warehouse& warehouse) {
  std::map<std::string, PartitionLag> lags;
  for (const auto& position : jobs::StreamPositions(stream, warehouse)) {
    lags[position.topic + "/" + position.partition] = {.job = stream.name(),
                                                       .source = position.topic,
                                                       .partition = position.partition,
                                                       .next = position.next};
    if (source.problem.empty()) {  // else it couldn't be asked
      lags[position.topic + "/" + position.partition].end = position.next;
    }
  }
  for (const jobs::NewInput& input : source.new_inputs) {
    const std::size_t slash = input.identity.rfind('/');
    if (input.end > 0 && slash != std::string::npos) {
      lags[input.identity] = {.job = stream.name(),
                              .source = input.identity.substr(0, slash),
                              .partition = input.identity.substr(slash + 1),
                              .next = input.next,
                              .end = input.end};
    }
  }
  return lags;
}

}  // namespace

std::optional<double> RateOf(const std::string& place,
                             const std::vector<jobs::RunRecord>& batches) {
  const std::size_t first = batches.size() - std::min(batches.size(), kBatchesOfRate);
  std::int64_t offsets = 0;
  for (std::size_t i = first; i < batches.size(); ++i) {
    for (const std::string& line : batches[i].files_read) {
      offsets += OffsetsOf(place, line);
    }
  }
  if (offsets == 0) {
    return std::nullopt;
  }
  const Micros took = batches.back().ended - batches[first].started;
  return static_cast<double>(offsets) * 1e6 / static_cast<double>(std::max<Micros>(took, 1));
}

std::vector<PartitionLag> LagOfPartitions(Services& services) {
  std::vector<PartitionLag> all;
  if (!ReadsKafka(services.project())) {
    return all;
  }
  try {
    Workspace workspace(services);
    const jobs::PlanFacts facts = workspace.Facts();
    for (std::size_t i = 0; i < workspace.instances().size(); ++i) {
      const jobs::JobInstance& stream = workspace.instances()[i];
      const auto& source = facts.sources[i];
      if (!stream.job->is_stream || !source) {
        continue;
      }
      for (auto& [place, lag] : LagOfStream(stream, *source, workspace.lakes().own())) {
        lag.rate = RateOf(place, facts.runs[i].succeeded);
        all.push_back(std::move(lag));
      }
    }
  } catch (const ExternalError& problem) {
    LogWarning("how far streams are behind isn't known: {}", problem.what());
  }
  return all;
}

}  // namespace weir::cli
