#include "world/conversions.h"

#include "world/philox.h"

namespace weir::world {

std::vector<Conversion> ConversionsOf(const World& world, const Person& person) {
  std::vector<Conversion> conversions;
  RandomStream random(world.options.seed,
                      {.purpose = Purpose::kConversion, .entity = person.number});
  for (std::uint32_t segment = 0; segment < world.options.segments; ++segment) {
    if (random.Chance(world.archetypes.Conversion(segment, person.archetype))) {
      RandomStream when(
          world.options.seed,
          {.purpose = Purpose::kConversion, .entity = person.number, .part = segment + 1});
      conversions.push_back(
          {.segment = segment, .day = when.Below(world.options.days), .hour = when.Below(24)});
    }
  }
  return conversions;
}

}  // namespace weir::world
