#pragma once

#include <string>
#include <vector>

#include "connectors/secor/secor_path.h"
#include "storage/object_store.h"

// Secor's finaliser (formats.md §1): which folders of a topic hold all that they will ever hold.
namespace weir::connectors {

// A folder of a topic: a day, an hour or a minute.
struct SecorFolder {
  Micros start = 0;
  SecorDepth depth = SecorDepth::kDay;

  std::vector<std::string> partitions() const { return SecorPartitions(start, depth); }
  friend bool operator==(const SecorFolder&, const SecorFolder&) = default;
};

// The folder of that depth which holds a time.
SecorFolder FolderOfTime(Micros time, SecorDepth depth);

// The folder before this one, where those of `deepest` hold the files: from hour 00 the day before,
// from a day its hour 23, and so on.
SecorFolder FolderBefore(const SecorFolder& folder, SecorDepth deepest);

// Marks folders of `topic` with `_SUCCESS`, the oldest first: those before the one that holds
// `until`, up to ten, back to one that has it; folders that don't exist are passed over. May be
// called again at any time. Throws ExternalError. Cost: a list request or two a folder.
void FinaliseFolders(storage::ObjectStore& store, const std::string& topic, SecorDepth deepest,
                     Micros until);

}  // namespace weir::connectors
