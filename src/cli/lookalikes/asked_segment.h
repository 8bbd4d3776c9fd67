#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/services.h"
#include "lake/query.h"

namespace weir::cli {

// A lookalike segment, and the regions that have had it, sorted.
struct AskedSegment {
  std::int64_t id = 0;
  std::string name;
  std::vector<std::string> regions;
};

// A segment by its id or its name. Throws UserError for an unknown one, with the nearest and what
// there is, for a name of several, and where there are no segments yet.
AskedSegment FindSegment(Services& services, lake::QuerySession& session, const std::string& word);

// --on as "2026-01-31". Throws UsageError for what is no day.
std::optional<std::string> AskedDay(const Arguments& arguments);

// The day asked for, or the newest, among those for which `table`, partitioned by (region, ds), has
// rows of the region (and the segment, if one is given). Absent if there is none at all; throws
// UserError for a day without rows, with the days that have some.
std::optional<std::string> FindDay(lake::QuerySession& session, const std::string& table,
                                   const std::string& region, const std::optional<std::string>& day,
                                   const std::optional<std::int64_t>& segment = std::nullopt);

// Throws UserError, which job would make it, if there is no table `table`.
void RequireTable(Services& services, const std::string& table, const std::string& job);

}  // namespace weir::cli
