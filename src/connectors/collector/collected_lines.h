#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "enrich/json_fields.h"

namespace weir::connectors {

// What a request says of its sender, for lines that don't.
struct SenderFacts {
  std::string ts;  // when it came
  std::string uid;
  std::string user_agent;
  std::string ip;
};

// NDJSON of raw events as they are put into a topic.
struct CollectedLines {
  std::string text;  // each line ends in a line feed
  std::size_t count = 0;
};

// The lines of `body`: each is a JSON object of at most 64 KiB in UTF-8; a line feed at the end
// ends the last line. A line without `ts` gets it; one without `uid` speaks for the browser that
// sent it, and gets `uid`, `ua` and `ip` unless it has them; null is none. What else is in a line
// is left to the enrichment chain. Throws UserError naming the line and what is wrong with it: then
// none counts.
CollectedLines CollectEvents(std::string_view body, const SenderFacts& sender);

// The same for raw mapping events that a partner sends: each has two ids or more, one of them
// `party`'s; `ts` is added where it lacks.
CollectedLines CollectMappings(std::string_view body, std::string_view party,
                               const std::string& ts);

}  // namespace weir::connectors
