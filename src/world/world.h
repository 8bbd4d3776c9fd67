#pragma once

#include <cstdint>

#include "world/archetypes.h"
#include "world/consent_strings.h"
#include "world/options.h"
#include "world/sites.h"

namespace weir::world {

// What is fixed before the first event. Immutable; thread-safe.
struct World {
  explicit World(const WorldOptions& chosen)
      : options(chosen),
        sites(chosen),
        archetypes(chosen),
        consent_strings(MakeConsentStrings(chosen.seed)) {}

  // Midnight at which a day of the world begins, in ms since 1970.
  std::int64_t StartOf(std::uint32_t day) const {
    constexpr std::int64_t kMillisOfDay = 86'400'000;
    return (options.start_day + static_cast<std::int64_t>(day)) * kMillisOfDay;
  }

  WorldOptions options;
  Sites sites;
  Archetypes archetypes;
  ConsentStrings consent_strings;
};

}  // namespace weir::world
