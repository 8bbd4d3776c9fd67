#include "identity/sightings.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/parallel.h"

namespace weir::identity {
namespace {

constexpr std::size_t kRowsOfPart = 1 << 13;  // about; a part is sorted in the cache
constexpr std::size_t kMaxParts = 1 << 13;
constexpr std::size_t kRowsOfBlock = 1 << 18;  // that one thread deals out at a time
constexpr std::ptrdiff_t kFew = 24;            // rows that are sorted by insertion

// Either end may come first, the same one each time: always the lesser number would make parts of
// early ids larger than those of late ones.
void Turn(Edge& row) {
  const bool lesser_first = ((row.a ^ row.b) & 1U) == 0;
  if (lesser_first != (row.a < row.b)) {
    std::swap(row.a, row.b);
  }
}

bool ComesBefore(const Edge& left, const Edge& right) {
  return left.b == right.b ? left.first_seen < right.first_seen : left.b < right.b;
}

// Blocks in pieces that threads take.
std::vector<std::span<Edge>> PiecesOf(std::vector<Edges>& blocks) {
  std::vector<std::span<Edge>> pieces;
  for (Edges& block : blocks) {
    for (std::size_t begin = 0; begin < block.size(); begin += kRowsOfBlock) {
      pieces.push_back(
          std::span(block).subspan(begin, std::min(kRowsOfBlock, block.size() - begin)));
    }
  }
  return pieces;
}

// Rows by ranges of their first id: part after part, in the order of pieces.
class Parts {
 public:
  // Ids are below `num_ids`.
  Parts(std::size_t num_rows, std::size_t num_ids) {
    const std::size_t wanted = std::clamp<std::size_t>(num_rows / kRowsOfPart, 1, kMaxParts);
    while (num_ids >> shift_ > wanted) {
      ++shift_;
    }
    num_parts_ = (num_ids >> shift_) + 1;
  }

  // Moves the rows of `blocks` to `rows` and says where each part ends.
  std::vector<std::size_t> Deal(std::vector<Edges> blocks, Edges& rows, int threads) const {
    const std::vector<std::span<Edge>> pieces = PiecesOf(blocks);
    std::vector<std::vector<std::uint32_t>> counts(pieces.size());
    ParallelFor(pieces.size(), threads, [&](std::size_t piece) {
      counts[piece].resize(num_parts_);
      for (Edge& row : pieces[piece]) {
        Turn(row);
        ++counts[piece][PartOf(row)];
      }
    });
    std::vector<std::vector<std::size_t>> next;
    const std::vector<std::size_t> ends = PlacesOf(counts, next);
    ParallelFor(pieces.size(), threads, [&](std::size_t piece) {
      for (const Edge& row : pieces[piece]) {
        rows[next[piece][PartOf(row)]++] = row;
      }
    });
    return ends;
  }

  // Sorts the rows of one part by pair, then by first_seen.
  void Sort(std::span<Edge> rows, std::size_t part) const {
    const std::size_t first_id = part << shift_;
    const std::size_t num_ids = std::size_t{1} << shift_;
    if (num_ids > rows.size() * 4) {  // few rows of many ids
      std::ranges::sort(rows, [](const Edge& left, const Edge& right) {
        return left.a == right.a ? ComesBefore(left, right) : left.a < right.a;
      });
      return;
    }
    std::vector<std::uint32_t> next(num_ids + 1);
    for (const Edge& row : rows) {
      ++next[row.a - first_id + 1];
    }
    for (std::size_t id = 0; id < num_ids; ++id) {
      next[id + 1] += next[id];
    }
    const std::vector<Edge> unsorted(rows.begin(), rows.end());
    for (const Edge& row : unsorted) {
      rows[next[row.a - first_id]++] = row;
    }
    for (std::size_t id = 0, begin = 0; id < num_ids; begin = next[id++]) {
      SortPairs(rows.subspan(begin, next[id] - begin));
    }
  }

 private:
  std::size_t PartOf(const Edge& row) const { return row.a >> shift_; }

  // Where each part ends, and where each piece's rows of a part begin.
  std::vector<std::size_t> PlacesOf(const std::vector<std::vector<std::uint32_t>>& counts,
                                    std::vector<std::vector<std::size_t>>& begins) const {
    begins.assign(counts.size(), std::vector<std::size_t>(num_parts_));
    std::vector<std::size_t> ends(num_parts_);
    std::size_t place = 0;
    for (std::size_t part = 0; part < num_parts_; ++part) {
      for (std::size_t piece = 0; piece < counts.size(); ++piece) {
        begins[piece][part] = place;
        place += counts[piece][part];
      }
      ends[part] = place;
    }
    return ends;
  }

  // The rows of one first id.
  static void SortPairs(std::span<Edge> rows) {
    if (std::ssize(rows) > kFew) {
      std::ranges::sort(rows, ComesBefore);
      return;
    }
    for (std::size_t i = 1; i < rows.size(); ++i) {
      for (std::size_t j = i; j > 0 && ComesBefore(rows[j], rows[j - 1]); --j) {
        std::swap(rows[j], rows[j - 1]);
      }
    }
  }

  unsigned shift_ = 0;
  std::size_t num_parts_ = 0;
};

std::size_t SizeOf(const std::vector<Edges>& blocks) {
  std::size_t size = 0;
  for (const Edges& block : blocks) {
    size += block.size();
  }
  return size;
}

}  // namespace

Sightings::Sightings(std::vector<Edges> blocks, const IdDictionary& ids,
                     const Parameters& parameters, int threads)
    : ids_(ids), threads_(threads), rows_(SizeOf(blocks)) {
  for (std::size_t party = 0; party < ids.num_parties(); ++party) {
    expiry_.push_back(parameters.ExpiryOf(ids.PartyName(static_cast<PartyCode>(party))));
  }
  const Parts parts(rows_.size(), ids.num_slots());
  ends_ = parts.Deal(std::move(blocks), rows_, threads_);
  ParallelFor(ends_.size(), threads_, [&](std::size_t part) {
    parts.Sort(std::span(rows_).subspan(BeginOf(part), ends_[part] - BeginOf(part)), part);
  });
}

Edges Sightings::LiveOn(std::int32_t day) const {
  Sightings copy(*this);
  return std::move(copy).TakeLiveOn(day);
}

Edges Sightings::TakeLiveOn(std::int32_t day) && {
  std::vector<std::size_t> sizes(ends_.size());
  ParallelFor(ends_.size(), threads_, [&](std::size_t part) {
    sizes[part] = SumUp(part, day, rows_.data() + BeginOf(part));
  });
  auto end = rows_.begin();
  for (std::size_t part = 0; part < sizes.size(); ++part) {
    const auto begin = rows_.begin() + static_cast<std::ptrdiff_t>(BeginOf(part));
    end = std::move(begin, begin + static_cast<std::ptrdiff_t>(sizes[part]), end);
  }
  rows_.erase(end, rows_.end());
  return std::move(rows_);
}

std::int32_t Sightings::ExpiryOf(const Edge& edge) const {
  return std::min(expiry_[ids_.PartyOf(edge.a)], expiry_[ids_.PartyOf(edge.b)]);
}

std::size_t Sightings::SumUp(std::size_t part, std::int32_t day, Edge* live) const {
  const std::size_t end = ends_[part];
  const bool has_one_expiry =
      std::ranges::adjacent_find(expiry_, std::not_equal_to()) == expiry_.end();
  Edge* next_live = live;
  for (std::size_t next = BeginOf(part); next < end;) {
    Edge edge = rows_[next];
    const std::int32_t expiry = has_one_expiry ? expiry_.front() : ExpiryOf(edge);
    for (++next; next < end && rows_[next].a == edge.a && rows_[next].b == edge.b; ++next) {
      const Edge& row = rows_[next];
      if (DayOf(row.first_seen) > day) {
        continue;
      }
      if (DayOf(row.first_seen) - DayOf(edge.last_seen) > expiry) {
        edge = row;
      } else {
        edge.last_seen = std::max(edge.last_seen, row.last_seen);
        edge.calls += row.calls;
      }
    }
    const std::int32_t age = day - DayOf(edge.last_seen);
    if (age >= 0 && age <= expiry) {
      *next_live++ = edge;
    }
  }
  return static_cast<std::size_t>(next_live - live);
}

}  // namespace weir::identity
