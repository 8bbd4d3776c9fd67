#include "connectors/activation/merged_lines.h"

#include <algorithm>
#include <utility>

namespace weir::connectors {
namespace {

bool ComesLater(const SegmentLineReader* left, const SegmentLineReader* right) {
  return left->user() > right->user();
}

}  // namespace

MergedLines::MergedLines(std::vector<std::vector<SegmentPart>> folders) {
  for (std::vector<SegmentPart>& parts : folders) {
    readers_.push_back(std::make_unique<SegmentLineReader>(std::move(parts)));
    if (readers_.back()->Next()) {
      heap_.push_back(readers_.back().get());
    }
  }
  std::ranges::make_heap(heap_, ComesLater);
}

std::optional<std::int64_t> MergedLines::first_timestamp() const {
  std::optional<std::int64_t> first;
  for (const SegmentLineReader* reader : heap_) {
    first = std::min(first.value_or(reader->line().timestamp), reader->line().timestamp);
  }
  return first;
}

bool MergedLines::Fill(LineBlock& block, std::size_t lines) {
  if (heap_.empty()) {
    return false;
  }
  while (!heap_.empty() && block.num_entries() < lines) {
    block.BeginUser(heap_.front()->user());
    TakeUser(block);
  }
  return true;
}

// All lines of the block's last user.
void MergedLines::TakeUser(LineBlock& block) {
  const std::string_view user = block.user(block.num_users() - 1);
  while (!heap_.empty() && heap_.front()->user() == user) {
    SegmentLineReader& reader = *heap_.front();
    std::ranges::pop_heap(heap_, ComesLater);
    bool is_at_line = true;
    while (is_at_line && reader.user() == user) {
      block.Add(reader.line());
      is_at_line = reader.Next();
    }
    if (is_at_line) {
      std::ranges::push_heap(heap_, ComesLater);
    } else {
      heap_.pop_back();
    }
  }
}

}  // namespace weir::connectors
