#pragma once

#include <string>

#include "world/raw_event.h"
#include "world/world.h"

namespace weir::world {

constexpr std::size_t kLongestLine = 65536;  // bytes without the line end

// Appends the line of a bad event, without a line end: the event with the fault that its outcome
// names, and now and then a second fault that counts less.
void AppendMalformedLine(const World& world, const RawEvent& event, std::string& out);

// Appends a line, without a line end, that is no event of anybody's: often empty. All are not_json.
void AppendNoise(RandomStream& random, std::string& out);

}  // namespace weir::world
