#include "enrich/chain.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/parallel.h"
#include "enrich/chain_worker.h"

namespace weir::enrich {
namespace {

constexpr std::size_t kLinesOfBlock = 4096;
constexpr std::size_t kLargestSpare = 1024 * kLinesOfBlock;  // bytes of an arena

std::int32_t DayOf(Micros ts) {  // ts is never before 1970
  return static_cast<std::int32_t>(ts / kDay);
}

std::vector<SourceCounts> Count(std::span<const SourceLines> sources,
                                std::span<const Verdict> verdicts) {
  std::vector<SourceCounts> counts;
  for (const SourceLines& source : sources) {
    SourceCounts& count = counts.emplace_back();
    count.lines_in = static_cast<std::int64_t>(source.lines.size());
    for (const Verdict verdict : verdicts.first(source.lines.size())) {
      ++count.by_verdict.at(static_cast<std::size_t>(verdict));
    }
    verdicts = verdicts.subspan(source.lines.size());
  }
  return counts;
}

// Marks the kept lines whose event was seen before, in the order of the lines.
void MarkDuplicates(std::span<const LineBlock> blocks, DuplicateIndex& seen,
                    std::span<Verdict> verdicts) {
  std::vector<DayId> ids;
  std::vector<std::uint8_t> is_new;
  for (const LineBlock& block : blocks) {
    ids.clear();
    for (const KeptLine& kept : block.kept) {
      ids.push_back({.day = DayOf(kept.ts), .id = kept.id});
    }
    is_new.resize(ids.size());
    seen.Insert(ids, is_new);
    for (std::size_t index = 0; index < ids.size(); ++index) {
      if (is_new[index] == 0) {
        verdicts[block.kept[index].number] = Verdict::kDuplicate;
      }
    }
  }
}

}  // namespace

struct ParsedLines::State {
  std::vector<SourceLines> sources;
  std::vector<Verdict> verdicts;
  std::vector<LineBlock> blocks;
};

ParsedLines::ParsedLines(std::unique_ptr<State> state) : state_(std::move(state)) {}
ParsedLines::ParsedLines(ParsedLines&&) noexcept = default;
ParsedLines& ParsedLines::operator=(ParsedLines&&) noexcept = default;
ParsedLines::~ParsedLines() = default;

std::vector<std::int32_t> ParsedLines::days() const {
  std::vector<std::int32_t> days;
  for (const LineBlock& block : state_->blocks) {
    for (const KeptLine& kept : block.kept) {
      if (const std::int32_t day = DayOf(kept.ts); days.empty() || days.back() != day) {
        days.push_back(day);
      }
    }
  }
  std::ranges::sort(days);
  const auto repeats = std::ranges::unique(days);
  days.erase(repeats.begin(), repeats.end());
  return days;
}

std::vector<Hash128> ParsedLines::ids(std::int32_t day) const {
  std::vector<Hash128> ids;
  for (const LineBlock& block : state_->blocks) {
    for (const KeptLine& kept : block.kept) {
      if (DayOf(kept.ts) == day) {
        ids.push_back(kept.id);
      }
    }
  }
  return ids;
}

// The workers, as many as were ever busy at once, and the memory of blocks that are done.
class Chain::Workers {
 public:
  Workers(ChainSettings settings, const ChainReferences& references)
      : settings_(std::move(settings)), references_(references) {
    idle_.push_back(std::make_unique<ChainWorker>(settings_, references_));
  }

  const ChainSettings& settings() const { return settings_; }

  // Between batches only: all workers are idle.
  void SetNow(Micros now) {
    settings_.now = now;
    for (const auto& worker : idle_) {
      worker->SetNow(now);
    }
  }

  std::vector<LineBlock> CutIntoBlocks(std::size_t num_lines) {
    std::vector<LineBlock> blocks((num_lines + kLinesOfBlock - 1) / kLinesOfBlock);
    for (std::size_t block = 0; block < blocks.size(); ++block) {
      if (!spare_.empty()) {
        blocks[block] = std::move(spare_.back());
        spare_.pop_back();
      }
      blocks[block].first = block * kLinesOfBlock;
      blocks[block].last = std::min(num_lines, (block + 1) * kLinesOfBlock);
    }
    return blocks;
  }

  // Keeps the block's memory for another one, unless its lines were unusually long.
  void GiveBack(LineBlock block) {
    if (block.arena.capacity() <= kLargestSpare) {
      block.Clear();
      spare_.push_back(std::move(block));
    }
  }

  // Calls work(worker, block) for each block, on the settings' number of threads.
  template <typename Work>
  void ForEach(std::vector<LineBlock>& blocks, const Work& work) {
    ParallelFor(blocks.size(), settings_.threads, [&](std::size_t block) {
      std::unique_ptr<ChainWorker> worker = Take();
      work(*worker, blocks[block]);
      const std::scoped_lock lock(mutex_);
      idle_.push_back(std::move(worker));
    });
  }

 private:
  std::unique_ptr<ChainWorker> Take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<ChainWorker> worker = std::move(idle_.back());
        idle_.pop_back();
        return worker;
      }
    }
    return std::make_unique<ChainWorker>(settings_, references_);
  }

  ChainSettings settings_;
  ChainReferences references_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ChainWorker>> idle_;
  std::vector<LineBlock> spare_;
};

Chain::Chain(ChainSettings settings, const ChainReferences& references)
    : workers_(std::make_unique<Workers>(std::move(settings), references)) {}
Chain::~Chain() = default;

void Chain::SetNow(Micros now) { workers_->SetNow(now); }

ParsedLines Chain::Parse(std::span<const SourceLines> sources) {
  std::size_t num_lines = 0;
  for (const SourceLines& source : sources) {
    num_lines += source.lines.size();
  }
  auto state = std::make_unique<ParsedLines::State>();
  state->sources.assign(sources.begin(), sources.end());
  state->verdicts.resize(num_lines);
  state->blocks = workers_->CutIntoBlocks(num_lines);
  workers_->ForEach(state->blocks, [&](ChainWorker& worker, LineBlock& block) {
    worker.Parse(state->sources, state->verdicts, block);
  });
  return ParsedLines(std::move(state));
}

namespace {

void AddSuppressed(const LineBlock& block, std::span<const Verdict> verdicts,
                   std::vector<SuppressedEvent>& suppressed) {
  for (const KeptLine& kept : block.kept) {
    if (IsSuppressed(verdicts[kept.number])) {
      suppressed.push_back(
          {.event = {.day = DayOf(kept.ts), .id = kept.id}, .verdict = verdicts[kept.number]});
    }
  }
}

}  // namespace

EnrichedLines Chain::Enrich(ParsedLines parsed, DuplicateIndex& seen) {
  ParsedLines::State& state = *parsed.state_;
  if (workers_->settings().links.event_ids) {
    MarkDuplicates(state.blocks, seen, state.verdicts);
  }
  workers_->ForEach(state.blocks, [&](ChainWorker& worker, LineBlock& block) {
    worker.Enrich(state.sources, state.verdicts, block);
  });
  EnrichedLines enriched;
  for (LineBlock& block : state.blocks) {
    if (block.good) {
      enriched.good.push_back(std::move(*block.good));
    }
    AddSuppressed(block, state.verdicts, enriched.suppressed);
    if (block.bad.num_rows() > 0) {
      enriched.bad.push_back(block.bad.Finish());
    }
    workers_->GiveBack(std::move(block));
  }
  enriched.counts = Count(state.sources, state.verdicts);
  enriched.verdicts = std::move(state.verdicts);
  return enriched;
}

Schema Chain::GoodSchema() const {
  return IsMapping(workers_->settings().lines.format) ? MappingColumns::TableSchema()
                                                      : EventColumns::TableSchema();
}

Schema Chain::BadSchema() { return BadColumns::TableSchema(); }

}  // namespace weir::enrich
