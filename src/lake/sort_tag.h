#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lake/actions.h"

namespace weir::lake {

// How files are sorted, as their tag says it: a sequence that one operation wrote, cut into files
// of about this size. Files that anything else rewrites have no such tag or another's.
inline constexpr auto kSortTag = "weir.sorted";

struct SortOrder {
  std::vector<std::string> columns;
  std::int64_t target_file_bytes = 0;
};

// The tag of a sequence that is about to be written, different from any other's.
std::string NewSortTag(const Schema& schema, const SortOrder& order);

// Whether `files`, all those of a partition, are (what is left of) one sequence in this order.
bool AreSorted(const Schema& schema, const std::vector<AddFile>& files, const SortOrder& order);

}  // namespace weir::lake
