#include "connectors/collector/collector_metrics.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::connectors {
namespace {

// A metric of one line.
template <typename Value>
std::string Line(const char* name, const char* kind, const char* help, const std::string& service,
                 Value value) {
  return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0}{{service=\"{3}\"}} {4}\n", name, help,
                     kind, service, value);
}

}  // namespace

void CollectorMetrics::CountRequest(const std::string& path, int status, double seconds) {
  const auto bound = std::ranges::lower_bound(kBounds, seconds);
  const std::lock_guard lock(mutex_);
  ++requests_[{path, status}];
  ++durations_[static_cast<std::size_t>(bound - kBounds.begin())];
  seconds_ += seconds;
}

void CollectorMetrics::CountEvents(std::uint64_t lines) {
  const std::lock_guard lock(mutex_);
  events_ += lines;
}

std::string CollectorMetrics::Text(const EventLogFigures& log,
                                   const net::ServerRefusals& refusals) const {
  const std::lock_guard lock(mutex_);
  std::string text =
      "# HELP weir_collector_requests_total Requests that were answered.\n"
      "# TYPE weir_collector_requests_total counter\n";
  for (const auto& [key, count] : requests_) {
    text += fmt::format(
        "weir_collector_requests_total{{service=\"{}\",path=\"{}\",status=\"{}\"}} {}\n", service_,
        key.first, key.second, count);
  }
  text +=
      "# HELP weir_collector_request_seconds From a whole request to its answer.\n"
      "# TYPE weir_collector_request_seconds histogram\n";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < durations_.size(); ++i) {
    below += durations_[i];
    const std::string bound = i < kBounds.size() ? fmt::format("{}", kBounds[i]) : "+Inf";
    text += fmt::format("weir_collector_request_seconds_bucket{{service=\"{}\",le=\"{}\"}} {}\n",
                        service_, bound, below);
  }
  text +=
      fmt::format("weir_collector_request_seconds_sum{{service=\"{}\"}} {}\n", service_, seconds_);
  text +=
      fmt::format("weir_collector_request_seconds_count{{service=\"{}\"}} {}\n", service_, below);
  text +=
      Line("weir_collector_events_total", "counter", "Events that are durable.", service_, events_);
  text += Line("weir_collector_commits_total", "counter", "Groups of events made durable.",
               service_, log.commits);
  text += Line("weir_collector_commit_seconds_total", "counter", "Time that commits took.",
               service_, log.commit_seconds);
  text += Line("weir_collector_written_bytes_total", "counter", "Bytes that are durable.", service_,
               log.bytes);
  text += Line("weir_collector_waiting_bytes", "gauge", "Bytes that wait for a commit.", service_,
               log.waiting_bytes);
  text += Line("weir_collector_append_failures_total", "counter",
               "Appends that were refused or failed.", service_, log.failures);
  text += Line("weir_collector_refused_connections_total", "counter",
               "Connections beyond what is served.", service_, refusals.overload);
  text += Line("weir_collector_too_large_total", "counter", "Bodies over the limit.", service_,
               refusals.too_large);
  text += Line("weir_collector_malformed_total", "counter",
               "Requests that are no HTTP or came too slowly.", service_, refusals.malformed);
  return text;
}

}  // namespace weir::connectors
