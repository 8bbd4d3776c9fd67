#pragma once

#include "world/philox.h"
#include "world/raw_event.h"
#include "world/world.h"

namespace weir::world {

// Draws what goes wrong with an event, by the world's rates, and fills in what follows from it:
// junk ids, copies, lateness, addresses without country, malformed lines; then its outcome.
void AddDifficulties(const World& world, bool erased, RandomStream& random, RawEvent& event);

// Only what follows: whether the event is good or suppressed, and why, in the order of the rules.
Outcome OutcomeOf(const RawEvent& event, bool erased);

}  // namespace weir::world
