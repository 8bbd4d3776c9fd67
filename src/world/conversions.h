#pragma once

#include <cstdint>
#include <vector>

#include "world/people.h"
#include "world/world.h"

namespace weir::world {

// Whether a person converts for a segment within the days of the world, and when.
struct Conversion {
  std::uint32_t segment = 0;
  std::uint32_t day = 0;
  std::uint32_t hour = 0;  // UTC
};
std::vector<Conversion> ConversionsOf(const World& world, const Person& person);

}  // namespace weir::world
