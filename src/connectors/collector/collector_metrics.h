#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "connectors/event_log.h"
#include "net/http_server.h"

namespace weir::connectors {

// What a collector tells Prometheus (text format 0.0.4). Thread-safe.
class CollectorMetrics {
 public:
  // `service` is a label of each line.
  explicit CollectorMetrics(std::string service) : service_(std::move(service)) {}

  // A request was answered. `path` is one of the collector's own, or "other".
  void CountRequest(const std::string& path, int status, double seconds);
  // Lines that are durable and answered so.
  void CountEvents(std::uint64_t lines);

  std::string Text(const EventLogFigures& log, const net::ServerRefusals& refusals) const;

 private:
  // Upper bounds, in seconds.
  static constexpr std::array<double, 11> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                     0.1,   0.25,   0.5,   1,    2.5};

  const std::string service_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::uint64_t> requests_;
  std::array<std::uint64_t, kBounds.size() + 1> durations_{};
  double seconds_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace weir::connectors
