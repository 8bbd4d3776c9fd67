#pragma once

#include <cstdint>
#include <vector>

#include "world/raw_event.h"
#include "world/world.h"

namespace weir::world {

// Appends the events that one person causes on one day of the world, in the order of their times
// but for late ones. The same for the same world, person and day, whatever else is made. No two
// events of a world have the same event id. Thread-safe.
void AppendPersonDay(const World& world, const Person& person, std::uint32_t day,
                     std::vector<RawEvent>& events);

// The crawlers that go with one file: `block` is its number, `people` how many people it has.
// Appends their events of a day.
struct CrawlerBlock {
  std::uint32_t block = 0;
  std::uint32_t people = 0;
};
void AppendCrawlerDay(const World& world, const CrawlerBlock& crawlers, std::uint32_t day,
                      std::vector<RawEvent>& events);

// The first of a person's events of a day whose line may come again, from `first` on: one that is
// not bad. Its index, or the number of events.
std::size_t FirstRepeatable(const std::vector<RawEvent>& events, std::size_t first);

}  // namespace weir::world
