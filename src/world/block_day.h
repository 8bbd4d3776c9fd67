#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "world/raw_event.h"
#include "world/world.h"

namespace weir::world {

// One file of raw lines, and what becomes of each.
struct RawFile {
  Feed feed = Feed::kAf;
  std::string path;               // below the feed's folder: "2026-01-05/part-00000.ndjson"
  std::vector<Outcome> outcomes;  // one a line
};

// What partners deliver for the same people and day, if the world has it.
struct PartnerFiles {
  std::string sharethis;  // lines of JSON
  std::string across33;   // lines of tab-separated values
};

// A block of people on one day: one file of each feed.
struct BlockDay {
  std::array<RawFile, kNumFeeds> files;
  PartnerFiles partners;
};

// How many blocks of people a world has.
std::uint32_t NumBlocks(const WorldOptions& options);

// Writes the raw files of block `block` on day `day` below `options.folder`, whose folders are
// there; what partners deliver is made in memory. Thread-safe; throws ExternalError where writing
// fails.
//
// A line may stand several times: in the same file, in the next day's, or in the file before (a
// stray). The copy that counts is the one in the bytewise first path, and there the first line:
// the others are duplicates.
BlockDay WriteBlockDay(const World& world, std::uint32_t block, std::uint32_t day);

}  // namespace weir::world
