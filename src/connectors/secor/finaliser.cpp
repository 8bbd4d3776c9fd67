#include "connectors/secor/finaliser.h"

#include <algorithm>
#include <array>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/failpoint.h"

namespace weir::connectors {
namespace {

constexpr int kPeriodsBack = 10;
constexpr auto kMark = "_SUCCESS";

Micros LengthOf(SecorDepth depth) {
  constexpr std::array<Micros, 3> kLengths = {kDay, kHour, kMinute};
  return kLengths.at(static_cast<std::size_t>(depth));
}

SecorDepth Below(SecorDepth depth) {
  return static_cast<SecorDepth>(static_cast<std::uint8_t>(depth) + 1);
}

enum class FolderState : std::uint8_t { kAbsent, kOpen, kFinal };

FolderState StateOf(const storage::ObjectStore& store, const std::string& folder) {
  const std::string prefix = folder + "/";
  const auto objects = store.List(prefix, {.start_after = {}, .recursive = false});
  if (std::ranges::find(objects, prefix + kMark, &storage::ObjectInfo::key) != objects.end()) {
    return FolderState::kFinal;
  }
  const bool is_there = !objects.empty() || !store.ListFolders(prefix).empty();
  return is_there ? FolderState::kOpen : FolderState::kAbsent;
}

}  // namespace

SecorFolder FolderOfTime(Micros time, SecorDepth depth) {
  return {.start = FloorDivide(time, LengthOf(depth)) * LengthOf(depth), .depth = depth};
}

SecorFolder FolderBefore(const SecorFolder& folder, SecorDepth deepest) {
  if (folder.depth != deepest) {
    const SecorDepth below = Below(folder.depth);
    return {.start = folder.start + LengthOf(folder.depth) - LengthOf(below), .depth = below};
  }
  for (SecorDepth depth = SecorDepth::kDay; depth != folder.depth; depth = Below(depth)) {
    if (FloorDivide(folder.start, LengthOf(depth)) * LengthOf(depth) == folder.start) {
      return {.start = folder.start - LengthOf(depth), .depth = depth};
    }
  }
  return {.start = folder.start - LengthOf(folder.depth), .depth = folder.depth};
}

void FinaliseFolders(storage::ObjectStore& store, const std::string& topic, SecorDepth deepest,
                     Micros until) {
  std::vector<std::string> open;
  SecorFolder folder = FolderOfTime(until, deepest);
  for (int period = 0; period < kPeriodsBack; ++period) {
    folder = FolderBefore(folder, deepest);
    std::string name = fmt::format("{}/{}", topic, fmt::join(folder.partitions(), "/"));
    const FolderState state = StateOf(store, name);
    if (state == FolderState::kFinal) {
      break;
    }
    if (state == FolderState::kOpen) {
      open.push_back(std::move(name));
    }
  }
  for (const std::string& name : std::views::reverse(open)) {
    Failpoint("secor:before-success");
    store.Put(name + "/" + kMark, "");
    Failpoint("secor:after-success");
  }
}

}  // namespace weir::connectors
