#pragma once

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "sql/native_types.h"

namespace weir::sql {

// A native aggregate function from a struct that says what it does:
//
//   struct Longest {
//     using Out = std::string;                          // as native_types.h
//     struct State { … };                               // of one group; default-constructed
//     static std::vector<OwnedLogicalType> Parameters();
//     // Adds row i of `input` (flat columns, nulls included) to *states[i].
//     static void Update(duckdb_data_chunk input, std::span<State* const> states);
//     static void Merge(State& into, const State& from);  // windows merge `from` again
//     static std::optional<Out> Finish(const State& state);
//   };
//
// Called on several threads, each with groups of its own; Merge makes one of equal groups, in any
// order. What these throw fails the query with its message.
template <typename Aggregate>
class NativeAggregate {
 public:
  static void Register(duckdb_connection connection, const std::string& name) {
    const OwnedAggregateFunction aggregate(duckdb_create_aggregate_function());
    duckdb_aggregate_function_set_name(aggregate.get(), name.c_str());
    for (const OwnedLogicalType& parameter : Aggregate::Parameters()) {
      duckdb_aggregate_function_add_parameter(aggregate.get(), parameter.get());
    }
    duckdb_aggregate_function_set_return_type(aggregate.get(),
                                              LogicalTypeOf<typename Aggregate::Out>().get());
    duckdb_aggregate_function_set_functions(aggregate.get(), &StateSize, &Init, &Update, &Combine,
                                            &Finalize);
    duckdb_aggregate_function_set_destructor(aggregate.get(), &Destroy);
    duckdb_aggregate_function_set_special_handling(aggregate.get());
    if (duckdb_register_aggregate_function(connection, aggregate.get()) != DuckDBSuccess) {
      throw ExternalError("DuckDB refuses to register the aggregate function {}", name);
    }
  }

 private:
  using State = typename Aggregate::State;
  static_assert(alignof(State) <= 8, "DuckDB aligns states to 8 bytes");

  static State& At(duckdb_aggregate_state state) { return *reinterpret_cast<State*>(state); }

  template <typename Work>
  static void Guard(duckdb_function_info info, Work work) {
    try {
      work();
    } catch (const std::exception& error) {
      duckdb_aggregate_function_set_error(info, error.what());
    }
  }

  static idx_t StateSize(duckdb_function_info /*info*/) { return sizeof(State); }

  static void Init(duckdb_function_info /*info*/, duckdb_aggregate_state state) {
    ::new (static_cast<void*>(state)) State();
  }

  static void Destroy(duckdb_aggregate_state* states, idx_t count) {
    for (idx_t group = 0; group < count; ++group) {
      std::destroy_at(&At(states[group]));
    }
  }

  static void Update(duckdb_function_info info, duckdb_data_chunk input,
                     duckdb_aggregate_state* states) {
    Guard(info, [&] {
      Aggregate::Update(input, std::span(reinterpret_cast<State* const*>(states),
                                         duckdb_data_chunk_get_size(input)));
    });
  }

  static void Combine(duckdb_function_info info, duckdb_aggregate_state* sources,
                      duckdb_aggregate_state* targets, idx_t count) {
    Guard(info, [&] {
      for (idx_t group = 0; group < count; ++group) {
        Aggregate::Merge(At(targets[group]), At(sources[group]));
      }
    });
  }

  static void Finalize(duckdb_function_info info, duckdb_aggregate_state* states,
                       duckdb_vector result, idx_t count, idx_t offset) {
    Guard(info, [&] {
      ColumnWriter<typename Aggregate::Out> results(result);
      for (idx_t group = 0; group < count; ++group) {
        results.Write(offset + group, Aggregate::Finish(At(states[group])));
      }
    });
  }
};

}  // namespace weir::sql
