#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "lake/write_table.h"

// What the writers of the concurrency test commit, and the same said slowly in memory.
namespace weir::lake {

enum class CommitKind : std::uint8_t { kAppend, kMerge, kReplace };

struct CommitRow {
  std::int64_t part = 0;
  std::int64_t id = 0;

  friend auto operator<=>(const CommitRow&, const CommitRow&) = default;
};

// One commit: its name stands in every row that it writes and is the commit's run id. Appends and
// replaces write ids of their own, merges ids that many writers share.
struct PlannedCommit {
  std::string name;
  CommitKind kind = CommitKind::kAppend;
  std::vector<CommitRow> rows;

  // "name kind part:id part:id …", and back.
  std::string ToLine() const;
  static PlannedCommit FromLine(const std::string& line);
};

constexpr std::int64_t kFirstAppendPart = 100;  // no replace and no merge goes there

// The `sequence`-th commit that writer `writer` tries.
PlannedCommit PlanRandomCommit(std::mt19937_64& random, int writer, int sequence);

WriteRequest RequestOf(const PlannedCommit& commit);

// The table in memory: rows with the name of the commit that wrote them.
class ModelTable {
 public:
  void Apply(const PlannedCommit& commit);
  // "part|id|name", sorted.
  std::multiset<std::string> Texts() const;

 private:
  std::multimap<CommitRow, std::string> rows_;
};

}  // namespace weir::lake
