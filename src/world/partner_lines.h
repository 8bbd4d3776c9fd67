#pragma once

#include <vector>

#include "world/block_day.h"
#include "world/raw_event.h"
#include "world/world.h"

namespace weir::world {

// Appends the events of st and tt as the partners themselves deliver them: ShareThis lines of JSON,
// 33Across lines of tab-separated values. Each event once, malformed ones not at all.
void AppendPartnerLines(const World& world, const std::vector<RawEvent>& events,
                        PartnerFiles& files);

}  // namespace weir::world
