#include "identity/sightings.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/parallel.h"

namespace weir::identity {
namespace {

constexpr std::size_t kRowsOfPart = 1 << 14;  // about; a part is sorted in the cache
constexpr std::size_t kMaxParts = 1 << 13;

std::size_t PartOf(IdNumber id, std::size_t num_parts) {
  constexpr std::uint64_t kSpread = 0x9e37'79b9'7f4a'7c15;
  return static_cast<std::size_t>(((id * kSpread) >> 32U) * num_parts >> 32U);
}

// Moves rows into parts and says where each ends.
std::vector<std::size_t> Scatter(std::vector<Edge>& rows, std::size_t num_parts) {
  std::vector<std::size_t> next(num_parts + 1);
  for (Edge& row : rows) {
    if (row.a > row.b) {
      std::swap(row.a, row.b);
    }
    ++next[PartOf(row.a, num_parts) + 1];
  }
  for (std::size_t part = 0; part < num_parts; ++part) {
    next[part + 1] += next[part];
  }
  std::vector<Edge> scattered(rows.size());
  for (const Edge& row : rows) {
    scattered[next[PartOf(row.a, num_parts)]++] = row;
  }
  rows = std::move(scattered);
  next.pop_back();
  return next;
}

bool IsSooner(const Edge& left, const Edge& right) {
  return std::tie(left.a, left.b, left.first_seen) < std::tie(right.a, right.b, right.first_seen);
}

}  // namespace

Sightings::Sightings(std::vector<Edge> rows, const IdDictionary& ids, const Parameters& parameters,
                     int threads)
    : ids_(ids), threads_(threads), rows_(std::move(rows)) {
  for (std::size_t party = 0; party < ids.num_parties(); ++party) {
    expiry_.push_back(parameters.ExpiryOf(ids.PartyName(static_cast<PartyCode>(party))));
  }
  parts_ = Scatter(rows_, std::clamp<std::size_t>(rows_.size() / kRowsOfPart, 1, kMaxParts));
  ParallelFor(parts_.size(), threads_, [&](std::size_t part) {
    const std::size_t begin = part == 0 ? 0 : parts_[part - 1];
    std::sort(rows_.begin() + static_cast<std::ptrdiff_t>(begin),
              rows_.begin() + static_cast<std::ptrdiff_t>(parts_[part]), IsSooner);
  });
}

std::vector<Edge> Sightings::LiveOn(std::int32_t day) const {
  std::vector<std::vector<Edge>> live(parts_.size());
  ParallelFor(parts_.size(), threads_, [&](std::size_t part) {
    SumUp(part == 0 ? 0 : parts_[part - 1], parts_[part], day, live[part]);
  });
  std::size_t size = 0;
  for (const std::vector<Edge>& part : live) {
    size += part.size();
  }
  std::vector<Edge> edges;
  edges.reserve(size);
  for (std::vector<Edge>& part : live) {
    edges.insert(edges.end(), part.begin(), part.end());
    part = {};
  }
  return edges;
}

std::int32_t Sightings::ExpiryOf(const Edge& edge) const {
  return std::min(expiry_[ids_.PartyOf(edge.a)], expiry_[ids_.PartyOf(edge.b)]);
}

void Sightings::SumUp(std::size_t begin, std::size_t end, std::int32_t day,
                      std::vector<Edge>& live) const {
  for (std::size_t next = begin; next < end;) {
    Edge edge = rows_[next];
    const std::int32_t expiry = ExpiryOf(edge);
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
      live.push_back(edge);
    }
  }
}

}  // namespace weir::identity
