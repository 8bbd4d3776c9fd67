#pragma once

#include <string>

namespace weir {

// A new run id: the time to the microsecond, then 16 random hex digits from the system, so that ids
// sort by time and never meet: "20260102T030405678901-0123456789abcdef". Ids are names only; no
// result depends on them.
std::string NewRunId();

// A random UUID (version 4) for a table's id or a data file's name.
std::string NewUuid();

}  // namespace weir
