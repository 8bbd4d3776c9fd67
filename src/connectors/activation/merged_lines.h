#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "connectors/activation/user_block.h"
#include "connectors/segments/segment_lines.h"

namespace weir::connectors {

using LineBlock = UserBlock<SegmentLine>;

// The lines of several segment folders by user: a merge of their sorted parts. One thread; throws
// what SegmentLineReader throws.
class MergedLines {
 public:
  // The parts of each folder.
  explicit MergedLines(std::vector<std::vector<SegmentPart>> folders);

  // The least time that a folder's first line has; absent if there are no lines. Before any Fill().
  std::optional<std::int64_t> first_timestamp() const;
  // Adds users with all of their lines, sorted bytewise, until there are `lines` of them; false if
  // no user is left.
  bool Fill(LineBlock& block, std::size_t lines);

 private:
  void TakeUser(LineBlock& block);

  std::vector<std::unique_ptr<SegmentLineReader>> readers_;
  std::vector<SegmentLineReader*> heap_;  // those at a line, the least user first
};

}  // namespace weir::connectors
