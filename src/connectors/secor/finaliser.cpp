#include "connectors/secor/finaliser.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/failpoint.h"

namespace weir::connectors {
namespace {

SecorDepth Below(SecorDepth depth) {
  return static_cast<SecorDepth>(static_cast<std::uint8_t>(depth) + 1);
}

enum class FolderState : std::uint8_t { kAbsent, kOpen, kFinal };

FolderState StateOf(const storage::ObjectStore& store, const std::string& folder) {
  const std::string prefix = folder + "/";
  const std::string mark = fmt::format("{}{}", prefix, kSecorMark);
  const auto objects = store.List(prefix, {.start_after = {}, .recursive = false});
  if (std::ranges::find(objects, mark, &storage::ObjectInfo::key) != objects.end()) {
    return FolderState::kFinal;
  }
  const bool is_there = !objects.empty() || !store.ListFolders(prefix).empty();
  return is_there ? FolderState::kOpen : FolderState::kAbsent;
}

}  // namespace

SecorFolder FolderOfTime(Micros time, SecorDepth depth) {
  return {.start = FloorDivide(time, SecorLength(depth)) * SecorLength(depth), .depth = depth};
}

SecorFolder FolderBefore(const SecorFolder& folder, SecorDepth deepest) {
  if (folder.depth != deepest) {
    const SecorDepth below = Below(folder.depth);
    return {.start = folder.start + SecorLength(folder.depth) - SecorLength(below), .depth = below};
  }
  for (SecorDepth depth = SecorDepth::kDay; depth != folder.depth; depth = Below(depth)) {
    if (FloorDivide(folder.start, SecorLength(depth)) * SecorLength(depth) == folder.start) {
      return {.start = folder.start - SecorLength(depth), .depth = depth};
    }
  }
  return {.start = folder.start - SecorLength(folder.depth), .depth = folder.depth};
}

void FinaliseFolders(storage::ObjectStore& store, const std::string& topic, SecorDepth deepest,
                     Micros until) {
  std::vector<std::string> open;
  SecorFolder folder = FolderOfTime(until, deepest);
  for (int period = 0; period < kSecorPeriodsBack; ++period) {
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
    store.Put(fmt::format("{}/{}", name, kSecorMark), "");
    Failpoint("secor:after-success");
  }
}

}  // namespace weir::connectors
