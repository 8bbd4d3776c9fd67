#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>

#include "world/options.h"

namespace weir::world {

// How far the work is: `done` of `total` parts of a stage.
struct Progress {
  std::string_view stage;  // "raw files" or "truth"
  std::size_t done = 0;
  std::size_t total = 0;
};

// What was made.
struct WorldSummary {
  std::uint64_t lines = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;  // before compression
};

// Writes a whole world below `options.folder`, which must not exist or be empty: `raw/`,
// `platform/`, `truth/`, `world.json` last; with partners `partners/`, with erasures
// `erased.ndjson`. Memory doesn't grow with days. `progress` is called on this thread. Throws
// UsageError for options out of range, UserError for a folder that has something in it,
// ExternalError where writing fails, CancelledError after a stop.
WorldSummary GenerateWorld(const WorldOptions& options, std::stop_token stop,
                           const std::function<void(const Progress&)>& progress);

}  // namespace weir::world
