#pragma once

#include <filesystem>

#include "world/world.h"

namespace weir::world {

// The id of a lookalike segment on the platform, by its index; that of its advertiser's too.
constexpr std::int64_t SegmentId(std::uint32_t segment) { return 1000 + std::int64_t{segment}; }

// Writes `advertisers.json`, `campaigns.json`, `pixels.json`, `segments.json` and `keywords.json`:
// each an array of objects as the platform's API gives them.
void WritePlatformFiles(const World& world, const std::filesystem::path& folder);

}  // namespace weir::world
