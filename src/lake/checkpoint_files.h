#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/object_store.h"

namespace weir::lake {

// The files of one checkpoint: one, or all parts of a multi-part one. What a V2 checkpoint's file
// names as its sidecars isn't among them.
struct CheckpointFiles {
  std::int64_t version = -1;
  std::vector<std::string> keys;

  friend bool operator==(const CheckpointFiles&, const CheckpointFiles&) = default;
};

// The newest complete checkpoint not after `limit` among a listing of `_delta_log/`, if any.
std::optional<CheckpointFiles> NewestCheckpoint(const std::vector<storage::ObjectInfo>& listing,
                                                std::int64_t limit);

}  // namespace weir::lake
