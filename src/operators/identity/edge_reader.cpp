#include "operators/identity/edge_reader.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/process.h"
#include "data/cells.h"
#include "enrich/junk_id.h"
#include "identity/universal_id.h"
#include "operators/appended_column.h"
#include "operators/identity/chosen_rows.h"
#include "operators/identity/graph_columns.h"

namespace weir::operators {
namespace {

using identity::IdDictionary;
using identity::NamedEdge;
using identity::StateEdge;

// Rows that are handed on together: enough to keep threads busy, few enough to stay small.
constexpr std::size_t kRowsOfBlock = 1 << 18;

// Codes of parties, a row's the faster if a row before had the same.
class PartyCodes {
 public:
  explicit PartyCodes(IdDictionary& ids) : ids_(ids) {}

  identity::PartyCode Of(std::string_view party) {
    identity::PartyCode& likely = likely_[party.empty() ? 0 : PlaceOf(party)];
    if (likely >= ids_.num_parties() || ids_.PartyName(likely) != party) {
      likely = ids_.CodeOf(party);
    }
    return likely;
  }

 private:
  static std::size_t PlaceOf(std::string_view party) {
    return (static_cast<std::uint8_t>(party.front()) * 31U +
            static_cast<std::uint8_t>(party.back())) %
           256U;
  }

  IdDictionary& ids_;
  std::array<identity::PartyCode, 256> likely_{};
};

// The codes of columns 0 and 2 of a batch, row by row.
std::vector<identity::PartyCode> CodesOf(const ArrowArray& rows, PartyCodes& codes) {
  std::vector<identity::PartyCode> found;
  found.reserve(static_cast<std::size_t>(rows.length) * 2);
  for (std::int64_t row = 0; row < rows.length; ++row) {
    found.push_back(codes.Of(BytesAt(*rows.children[0], row)));
    found.push_back(codes.Of(BytesAt(*rows.children[2], row)));
  }
  return found;
}

// Columns 0 to 6 of both queries.
class PairColumns {
 public:
  PairColumns(const ArrowArray& rows, const std::vector<identity::PartyCode>& codes)
      : rows_(rows), codes_(codes) {}

  NamedEdge At(std::int64_t row) const {
    const auto first = static_cast<std::size_t>(row) * 2;
    return {.a = {.party = codes_[first], .text = BytesAt(*rows_.children[1], row)},
            .b = {.party = codes_[first + 1], .text = BytesAt(*rows_.children[3], row)},
            .first_seen = IntegerAt(*rows_.children[4], row),
            .last_seen = IntegerAt(*rows_.children[5], row),
            .calls = IntegerAt(*rows_.children[6], row)};
  }

 private:
  const ArrowArray& rows_;
  const std::vector<identity::PartyCode>& codes_;
};

// A result's rows in blocks of many batches, which several threads read. Their memory is used again
// for the next block.
template <typename Row>
class Blocks {
 public:
  // Writes the rows of a batch to `room`, which holds as many, and says how many are taken; any
  // thread, one a batch.
  using Parse = std::function<std::size_t(const ArrowArray& rows, const PairColumns& pairs,
                                          std::span<Row> room)>;

  Blocks(IdDictionary& ids, const std::stop_token& stop,
         const std::function<void(std::span<const Row>)>& take)
      : codes_(ids), stop_(stop), take_(take) {}

  void Read(sql::Result result, const Parse& parse) {
    std::size_t rows = 0;
    while (auto batch = result.NextBatch()) {
      kept_.push_back({.rows = *std::move(batch), .begin = rows});
      kept_.back().codes = CodesOf(*kept_.back().rows.get(), codes_);
      rows += kept_.back().size();
      if (rows >= kRowsOfBlock) {
        HandOn(rows, parse);
        rows = 0;
      }
    }
    HandOn(rows, parse);
  }

 private:
  struct Kept {
    Batch rows{};
    std::size_t begin = 0;  // among the block's rows
    std::size_t taken = 0;
    std::vector<identity::PartyCode> codes{};

    std::size_t size() const { return static_cast<std::size_t>(rows.num_rows()); }
  };

  void HandOn(std::size_t num_rows, const Parse& parse) {
    if (stop_.stop_requested()) {
      throw CancelledError();
    }
    rows_.resize(std::max(rows_.size(), num_rows));
    ParallelFor(kept_.size(), AvailableProcessors(), [&](std::size_t i) {
      Kept& kept = kept_[i];
      const ArrowArray& rows = *kept.rows.get();
      kept.taken = parse(rows, PairColumns(rows, kept.codes),
                         std::span(rows_).subspan(kept.begin, kept.size()));
    });
    std::size_t size = 0;
    for (const Kept& kept : kept_) {
      const auto begin = rows_.begin() + static_cast<std::ptrdiff_t>(kept.begin);
      std::move(begin, begin + static_cast<std::ptrdiff_t>(kept.taken),
                rows_.begin() + static_cast<std::ptrdiff_t>(size));
      size += kept.taken;
    }
    take_(std::span<const Row>(rows_).first(size));
    kept_.clear();
  }

  PartyCodes codes_;
  std::stop_token stop_;
  const std::function<void(std::span<const Row>)>& take_;
  std::vector<Kept> kept_;
  std::vector<Row> rows_;
};

}  // namespace

std::string PairsQuery(const std::string& relation) {
  return fmt::format(
      "SELECT party_a, coalesce(id_a, ''), party_b, coalesce(id_b, ''), first_ts, last_ts, calls "
      "FROM {}",
      relation);
}

std::string StateQuery(const std::string& relation, const std::string& condition) {
  return fmt::format(
      "SELECT party_a, id_a, party_b, id_b, first_seen, last_seen, calls, universal_id, "
      "universal_id_b, mark FROM {} WHERE {}",
      relation, condition);
}

void ReadPairs(sql::Result result, IdDictionary& ids, const std::stop_token& stop,
               const std::function<void(std::span<const NamedEdge>)>& take) {
  Blocks<NamedEdge>(ids, stop, take)
      .Read(std::move(result),
            [](const ArrowArray& rows, const PairColumns& pairs, std::span<NamedEdge> room) {
              std::size_t taken = 0;
              for (std::int64_t row = 0; row < rows.length; ++row) {
                const NamedEdge edge = pairs.At(row);
                if (!enrich::IsJunkId(edge.a.text) && !enrich::IsJunkId(edge.b.text)) {
                  room[taken++] = edge;
                }
              }
              return taken;
            });
}

void ReadState(sql::Result result, IdDictionary& ids, const std::stop_token& stop,
               const std::function<void(std::span<const StateEdge>)>& take) {
  Blocks<StateEdge>(ids, stop, take)
      .Read(std::move(result), [](const ArrowArray& rows, const PairColumns& pairs,
                                  std::span<StateEdge> room) {
        const ArrowArray& person_b = *rows.children[8];
        for (std::int64_t row = 0; row < rows.length; ++row) {
          StateEdge edge{.edge = pairs.At(row),
                         .person_a = identity::ParseUniversalId(BytesAt(*rows.children[7], row)),
                         .mark = MarkNamed(BytesAt(*rows.children[9], row))};
          edge.person_b = IsNullAt(person_b, row)
                              ? edge.person_a
                              : identity::ParseUniversalId(BytesAt(person_b, row));
          room[static_cast<std::size_t>(row)] = edge;
        }
        return static_cast<std::size_t>(rows.length);
      });
}

}  // namespace weir::operators
