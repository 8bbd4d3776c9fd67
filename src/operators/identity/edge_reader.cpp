#include "operators/identity/edge_reader.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
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

// Columns 0 to 6 of both queries.
class PairColumns {
 public:
  PairColumns(const ArrowArray& rows, IdDictionary& ids) : rows_(rows), ids_(ids) {}

  NamedEdge At(std::int64_t row) {
    return {.a = NameAt(0, row),
            .b = NameAt(2, row),
            .first_seen = IntegerAt(*rows_.children[4], row),
            .last_seen = IntegerAt(*rows_.children[5], row),
            .calls = IntegerAt(*rows_.children[6], row)};
  }

 private:
  identity::IdName NameAt(int column, std::int64_t row) {
    return {.party = ids_.CodeOf(BytesAt(*rows_.children[column], row)),
            .text = BytesAt(*rows_.children[column + 1], row)};
  }

  const ArrowArray& rows_;
  IdDictionary& ids_;
};

template <typename Row>
class Blocks {
 public:
  Blocks(const std::stop_token& stop, const std::function<void(std::span<const Row>)>& take)
      : stop_(stop), take_(take) {}

  void Read(sql::Result result,
            const std::function<void(const ArrowArray&, std::vector<Row>&)>& add) {
    while (auto batch = result.NextBatch()) {
      kept_.push_back(*std::move(batch));
      add(*kept_.back().get(), rows_);
      if (rows_.size() >= kRowsOfBlock) {
        HandOn();
      }
    }
    HandOn();
  }

 private:
  void HandOn() {
    if (stop_.stop_requested()) {
      throw CancelledError();
    }
    take_(rows_);
    rows_.clear();
    kept_.clear();
  }

  std::stop_token stop_;
  const std::function<void(std::span<const Row>)>& take_;
  std::vector<Batch> kept_;
  std::vector<Row> rows_;
};

}  // namespace

std::string PairsQuery(const std::string& relation) {
  return fmt::format(
      "SELECT party_a, coalesce(id_a, ''), party_b, coalesce(id_b, ''), first_ts, last_ts, calls "
      "FROM {}",
      relation);
}

std::string StateQuery(const std::string& relation) {
  return fmt::format(
      "SELECT party_a, id_a, party_b, id_b, first_seen, last_seen, calls, universal_id, "
      "universal_id_b, mark FROM {}",
      relation);
}

void ReadPairs(sql::Result result, IdDictionary& ids, const std::stop_token& stop,
               const std::function<void(std::span<const NamedEdge>)>& take) {
  Blocks<NamedEdge>(stop, take)
      .Read(std::move(result), [&](const ArrowArray& rows, std::vector<NamedEdge>& edges) {
        PairColumns pairs(rows, ids);
        for (std::int64_t row = 0; row < rows.length; ++row) {
          const NamedEdge edge = pairs.At(row);
          if (!enrich::IsJunkId(edge.a.text) && !enrich::IsJunkId(edge.b.text)) {
            edges.push_back(edge);
          }
        }
      });
}

void ReadState(sql::Result result, IdDictionary& ids, const std::stop_token& stop,
               const std::function<void(std::span<const StateEdge>)>& take) {
  Blocks<StateEdge>(stop, take)
      .Read(std::move(result), [&](const ArrowArray& rows, std::vector<StateEdge>& edges) {
        PairColumns pairs(rows, ids);
        const ArrowArray& person_b = *rows.children[8];
        for (std::int64_t row = 0; row < rows.length; ++row) {
          StateEdge edge{.edge = pairs.At(row),
                         .person_a = identity::ParseUniversalId(BytesAt(*rows.children[7], row)),
                         .mark = MarkNamed(BytesAt(*rows.children[9], row))};
          edge.person_b = IsNullAt(person_b, row)
                              ? edge.person_a
                              : identity::ParseUniversalId(BytesAt(person_b, row));
          edges.push_back(edge);
        }
      });
}

}  // namespace weir::operators
