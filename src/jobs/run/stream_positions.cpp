#include "jobs/run/stream_positions.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"

namespace weir::jobs {
namespace {

// What the application ids of an instance's positions begin with.
std::string PositionPrefix(const JobInstance& instance) { return "weir:" + instance.name() + ":"; }

}  // namespace

bool IsOffsetsText(std::string_view line) {
  return line.find(" offsets=") != std::string_view::npos;
}

std::vector<connectors::StreamPosition> StreamPositions(const JobInstance& instance,
                                                        lake::Warehouse& warehouse) {
  std::vector<std::string> tables;
  std::ranges::transform(instance.writes, std::back_inserter(tables), &project::Output::table);
  const std::string prefix = PositionPrefix(instance);
  std::map<std::pair<std::string, std::string>, std::int64_t> furthest;
  for (const lake::Snapshot& snapshot : warehouse.OpenTogether(tables, false)) {
    for (const auto& [id, txn] : snapshot.txns) {
      const std::size_t colon = id.rfind(':');
      if (id.starts_with(prefix) && colon >= prefix.size()) {
        std::int64_t& next =
            furthest[{id.substr(prefix.size(), colon - prefix.size()), id.substr(colon + 1)}];
        next = std::max(next, txn.version);
      }
    }
  }
  std::vector<connectors::StreamPosition> positions;
  positions.reserve(furthest.size());
  for (const auto& [place, next] : furthest) {
    positions.push_back({.topic = place.first, .partition = place.second, .next = next});
  }
  return positions;
}

void CarryPositions(const JobInstance& instance,
                    const std::vector<connectors::StreamPosition>& positions,
                    const std::vector<StagedOutput>& outputs,
                    std::vector<lake::TableChanges>& parts) {
  if (positions.empty()) {
    return;
  }
  if (parts.empty()) {
    if (outputs.empty() || !outputs.front().base.exists()) {
      return;  // nothing but offsets that are no messages: they are passed over again
    }
    parts.push_back({.table = outputs.front().output->table,
                     .base = outputs.front().base,
                     .changes = outputs.front().changes});
  }
  for (lake::TableChanges& part : parts) {
    for (const connectors::StreamPosition& position : positions) {
      part.changes.txns.push_back(
          {.app_id = PositionPrefix(instance) + position.topic + ":" + position.partition,
           .version = position.next,
           .last_updated = {}});  // kept for as long as the table is
    }
  }
}

void CarryBatch(const JobInstance& instance, std::int64_t batch,
                std::vector<lake::TableChanges>& parts) {
  for (lake::TableChanges& part : parts) {
    part.changes.txns.push_back(
        {.app_id = "weir:" + instance.name(), .version = batch, .last_updated = {}});
  }
}

}  // namespace weir::jobs
