#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

// The protocol's "Action Reconciliation": the newest word on each file, application, protocol and
// metadata wins. Entries are applied in order of their versions.
class LogReplay {
 public:
  LogReplay() = default;
  explicit LogReplay(Snapshot start);

  void Apply(std::int64_t version, std::vector<Action> actions);

  // The table after the entries so far. The replay is spent.
  Snapshot Finish();

 private:
  void ApplyAction(AddFile add);
  void ApplyAction(RemoveFile remove);
  void ApplyAction(Protocol protocol);
  void ApplyAction(Metadata metadata);
  void ApplyAction(Txn txn);
  void ApplyAction(const CommitInfo& info);

  Snapshot snapshot_;  // without its files
  // By path and deletion vector, which together are the protocol's primary key of a file.
  std::unordered_map<std::string, AddFile> files_;
  std::unordered_map<std::string, RemoveFile> tombstones_;
};

}  // namespace weir::lake
