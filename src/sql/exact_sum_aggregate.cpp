#include "sql/exact_sum_aggregate.h"

#include <algorithm>

namespace weir::sql {
namespace {

using State = ExactSumAggregate::State;

// The end of the rows from `first` on that belong to the same group.
idx_t EndOfRun(std::span<State* const> states, idx_t first) {
  const auto rest = states.subspan(first);
  return first + static_cast<idx_t>(
                     std::ranges::find_if(rest, [&](State* state) { return state != rest[0]; }) -
                     rest.begin());
}

}  // namespace

bool ExactSumAggregate::State::MakeRoom(std::size_t count) {
  if (num_waiting + count <= kMaxWaiting) {
    return true;
  }
  if (count > kMaxWaiting || num_compactions >= kMaxCompactions) {
    return false;
  }
  auto compact = waiting;
  const auto left = CompactTerms(std::span(compact).first(num_waiting));
  if (!left) {
    return false;
  }
  waiting = compact;
  num_waiting = static_cast<std::uint32_t>(*left);
  ++num_compactions;
  return num_waiting + count <= kMaxWaiting;
}

void ExactSumAggregate::State::Add(std::span<const double> terms) {
  if (!sum && MakeRoom(terms.size())) {
    std::ranges::copy(terms, waiting.begin() + num_waiting);
    num_waiting += static_cast<std::uint32_t>(terms.size());
    return;
  }
  if (!sum) {
    sum = std::make_unique<ExactSum>();
    sum->Add(Waiting());
    num_waiting = 0;
  }
  sum->Add(terms);
}

std::vector<OwnedLogicalType> ExactSumAggregate::Parameters() {
  std::vector<OwnedLogicalType> parameters;
  parameters.push_back(LogicalTypeOf<double>());
  return parameters;
}

void ExactSumAggregate::Update(duckdb_data_chunk input, std::span<State* const> states) {
  duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  const ColumnReader<double> column(vector);
  const std::span terms(static_cast<const double*>(duckdb_vector_get_data(vector)), states.size());
  if (column.HasNulls()) {
    for (idx_t row = 0; row < states.size(); ++row) {
      if (!column.IsNull(row)) {
        states[row]->Add(terms.subspan(row, 1));
      }
    }
    return;
  }
  for (idx_t row = 0; row < states.size();) {
    const idx_t end = EndOfRun(states, row);
    states[row]->Add(terms.subspan(row, end - row));
    row = end;
  }
}

void ExactSumAggregate::Merge(State& into, const State& from) {
  if (from.sum && !into.sum) {
    into.sum = std::make_unique<ExactSum>(*from.sum);
    into.sum->Add(into.Waiting());
    into.num_waiting = 0;
  } else if (from.sum) {
    into.sum->Merge(*from.sum);
  }
  into.Add(from.Waiting());
  into.num_compactions += from.num_compactions;
}

std::optional<double> ExactSumAggregate::Finish(const State& state) {
  if (state.IsEmpty()) {
    return std::nullopt;
  }
  ExactSum sum = state.sum ? *state.sum : ExactSum();
  sum.Add(state.Waiting());
  return sum.Value();
}

}  // namespace weir::sql
