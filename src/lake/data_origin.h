#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/hashing.h"
#include "lake/actions.h"

namespace weir::lake {

// Which data files a layout came from, as the tag of a file that was only laid out anew says it.
inline constexpr auto kOriginTag = "weir.origin";

// What these files hold, whatever their layout: the sum of the hashes of the paths under which
// their rows were first written. OptimizeTable() leaves it as it is, so it tells a change of data
// from one of layout where the log that told them apart is gone. Other programs' layouts change it.
Hash128 OriginOf(std::span<const AddFile> files);

// When the newest of these files' rows came, in ms since 1970: laying them out anew isn't coming.
inline constexpr auto kArrivalTag = "weir.arrived";
std::int64_t ArrivalOf(std::span<const AddFile> files);

// Marks `written`, which hold the rows of `replaced` and no others, with their origin and arrival.
void KeepOrigin(std::span<const AddFile> replaced, std::vector<AddFile>& written);

}  // namespace weir::lake
