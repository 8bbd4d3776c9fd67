#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "world/raw_event.h"
#include "world/world.h"

namespace weir::world {

// What stands in a line in place of what is right: JSON text, or nothing for what is right.
struct LineFaults {
  std::string_view time = {};
  std::string_view id = {};
  std::string_view url = {};
  std::string_view ids = {};    // of a mapping event
  std::string_view extra = {};  // a further member, such as "\"title\":\"x\""
  bool leaves_out_time = false;
  bool leaves_out_id = false;
  bool leaves_out_url = false;
  bool leaves_out_ids = false;
};

// Appends a raw event as one JSON object, without a line end. Copies of one event (`copy` 0, 1 …)
// have the same parsed values but may be spelt differently: in another time format, order of
// members, or URL that normalises to the same.
void AppendLine(const World& world, const RawEvent& event, std::uint32_t copy,
                const LineFaults& faults, std::string& out);

// Parts of lines that partner files have, too.
void AppendUrl(const World& world, const RawEvent& event, std::string& out);
void AppendAddress(const RawEvent& event, std::string& out);
std::string_view UserAgentOf(const RawEvent& event);

}  // namespace weir::world
