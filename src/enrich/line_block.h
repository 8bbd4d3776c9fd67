#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hashing.h"
#include "enrich/chain.h"
#include "enrich/enriched_columns.h"

namespace weir::enrich {

// A text that is a part of its line, or else stands in its block's arena.
struct Slice {
  std::uint32_t start = 0;
  std::uint32_t size = 0;
  bool is_in_line = false;
};

// A line that isn't bad, between the stages.
struct KeptLine {
  std::string_view line;    // must live as long as the block needs it
  std::size_t number = 0;   // in the batch, from 0
  std::size_t source = 0;   // index of its SourceLines
  std::int64_t offset = 0;  // in its partition
  Micros ts = 0;
  Hash128 id;
  Slice uid, url, host, path, query, referrer, user_agent, ip, event, consent, country;
  Slice order_id, currency;
  std::optional<std::int64_t> pixel_id;
  std::optional<double> order_value;
  std::size_t first_id = 0;              // of a mapping event, in the block's ids
  std::size_t num_ids = 0;               // without junk and repeats
  std::optional<std::uint32_t> given{};  // of an enriched line, in the block's given columns
};

// What an enriched line brought along (GivenColumns).
struct KeptColumns {
  std::array<Slice, kNumGivenTexts> texts{};
  std::size_t first_word = 0;  // in the block's words
  std::optional<std::size_t> num_words{};
  std::optional<std::int64_t> source_offset{};
};

// The ids of a mapping event.
struct IdSlices {
  Slice party, id;
};

// A fixed number of lines on their way through the chain; a block is used by one thread at a time.
struct LineBlock {
  std::size_t first = 0;  // of the batch's lines: [first, last)
  std::size_t last = 0;
  std::string arena;
  std::vector<KeptLine> kept;
  std::vector<IdSlices> ids;
  std::vector<KeptColumns> given;
  std::vector<Slice> words;
  BadColumns bad;
  std::optional<Batch> good;

  // Empties it and keeps its memory.
  void Clear() {
    arena.clear();
    kept.clear();
    ids.clear();
    given.clear();
    words.clear();
    good.reset();
  }
  std::string_view At(const KeptLine& owner, Slice slice) const {
    const std::string_view whole = slice.is_in_line ? owner.line : std::string_view(arena);
    return {whole.data() + slice.start, slice.size};
  }
  // What the line brought along; empty where it didn't.
  std::string_view GivenAt(const KeptLine& owner, GivenText text) const {
    return owner.given ? At(owner, given[*owner.given].texts.at(static_cast<std::size_t>(text)))
                       : std::string_view();
  }
  // Copies the text unless it is a part of its owner's line.
  Slice Keep(const KeptLine& owner, std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    const auto start = reinterpret_cast<std::uintptr_t>(text.data()) -
                       reinterpret_cast<std::uintptr_t>(owner.line.data());
    if (start < owner.line.size() && size <= owner.line.size() - start) {
      return {.start = static_cast<std::uint32_t>(start), .size = size, .is_in_line = true};
    }
    const Slice slice{.start = static_cast<std::uint32_t>(arena.size()), .size = size};
    arena += text;
    return slice;
  }
};

// Goes through the lines of a batch from one of its numbers on.
class LineCursor {
 public:
  LineCursor(std::span<const SourceLines> sources, std::size_t number)
      : sources_(sources), line_(number) {
    SkipFinished();
  }
  std::size_t source() const { return source_; }
  std::int64_t offset() const {
    return sources_[source_].first_offset + static_cast<std::int64_t>(line_);
  }
  std::string_view text() const { return sources_[source_].lines[line_]; }
  void Advance() {
    ++line_;
    SkipFinished();
  }

 private:
  void SkipFinished() {
    while (source_ < sources_.size() && line_ >= sources_[source_].lines.size()) {
      line_ -= sources_[source_].lines.size();
      ++source_;
    }
  }

  std::span<const SourceLines> sources_;
  std::size_t source_ = 0;
  std::size_t line_;  // in its source
};

}  // namespace weir::enrich
