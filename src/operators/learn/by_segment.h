#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "data/batch.h"
#include "sql/database.h"

namespace weir::operators {

// A batch of rows for each segment in the order of `all->segments`, a map by segment id:
// `make(*all, id, segment)`, or none where that gives nothing.
template <typename Segments, typename Make>
auto BySegment(std::shared_ptr<const Segments> all, Make make) {
  auto next = all->segments.begin();
  return [all = std::move(all), make = std::move(make), next]() mutable -> std::optional<Batch> {
    while (next != all->segments.end()) {
      const auto& [id, segment] = *next++;
      if (std::optional<Batch> batch = make(*all, id, segment)) {
        return batch;
      }
    }
    return std::nullopt;
  };
}

}  // namespace weir::operators
