#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/process.h"
#include "lake/commit.h"

namespace weir::lake {

// One table's part of an intent: the exact actions, and the version they were made to follow.
struct IntentTable {
  std::string table;  // "schema.name"
  std::int64_t base_version = -1;
  Changes changes;  // without `reads`: nothing is left to decide
};

// The commit point of a run that writes several tables, as the object
// `_weir/intents/<run id>.json` of the warehouse. While it is there, its tables' commits are not
// all known to be done.
struct Intent {
  std::string run_id;
  ProcessIdentity owner;
  Micros created = 0;
  std::vector<IntentTable> tables;
  // Why nothing but its run id and its tables' names could be read, and what to do; else empty.
  std::string problem{};
};

std::string IntentKey(const std::string& run_id);
std::string ToJson(const Intent& intent);
// Throws UserError naming `file` for text that is no intent of a format weir knows.
Intent ParseIntent(const std::string& text, const std::string& file);

// All intents of a warehouse, by run id. One that can't be read has a `problem`. Throws UserError
// if not even its tables can be told.
std::vector<Intent> ListIntents(const storage::ObjectStore& store);

// Whether the process that wrote it can't finish it: it is dead, or it is another host's and the
// intent is older than 60 s.
bool IsAbandoned(const Intent& intent);

}  // namespace weir::lake
