#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/activation/delivery_journal.h"
#include "connectors/activation/destination.h"
#include "connectors/activation/held_members.h"
#include "connectors/activation/merged_lines.h"
#include "sql/database.h"

namespace weir::connectors {

using ChangeBlock = UserBlock<SegmentChange>;

// By the destination's seats.
using MemberChanges = std::map<std::int64_t, ChangeBlock>;

// Which seats have a segment. Thread-safe once it is made.
class SegmentRoutes {
 public:
  explicit SegmentRoutes(const std::set<SegmentRoute>& routes);
  // None for a segment that isn't the destination's.
  const std::vector<std::int64_t>& MembersOf(std::int64_t segment) const;

 private:
  std::unordered_map<std::int64_t, std::vector<std::int64_t>> members_;
  std::vector<std::int64_t> none_;
};

// What becomes of the users and segments that lines name: who shall be in the segment is added, or
// renewed if it is so for longer than `held` calls new, until the latest time of the lines that add
// (of equal ones the one with the latest timestamp, then the largest value); who shan't is removed.
// Changes come sorted by user, then segment. `had`, where it is given, says whom the destination
// had before: nobody else is removed. Thread-safe.
MemberChanges FindChanges(const LineBlock& lines, const SegmentRoutes& routes, HeldMembers& held,
                          HeldMembers* had);

}  // namespace weir::connectors
