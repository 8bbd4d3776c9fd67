#include "sql/statement.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/error.h"
#include "sql/split_statements.h"

namespace weir::sql {
namespace {

void Bind(duckdb_prepared_statement prepared, idx_t index, const Value& value) {
  struct Binder {
    duckdb_prepared_statement prepared;
    idx_t index;
    duckdb_state operator()(std::monostate) const { return duckdb_bind_null(prepared, index); }
    duckdb_state operator()(bool flag) const { return duckdb_bind_boolean(prepared, index, flag); }
    duckdb_state operator()(std::int64_t number) const {
      return duckdb_bind_int64(prepared, index, number);
    }
    duckdb_state operator()(double number) const {
      return duckdb_bind_double(prepared, index, number);
    }
    duckdb_state operator()(const std::string& text) const {
      return duckdb_bind_varchar_length(prepared, index, text.data(), text.size());
    }
  };
  if (std::visit(Binder{prepared, index}, value) != DuckDBSuccess) {
    const char* message = duckdb_prepare_error(prepared);
    throw UserError("parameter ${}: {}", index, message == nullptr ? "not valid" : message);
  }
}

// As long as `text`, with its line breaks.
std::string Blanked(std::string_view text) {
  std::string blank(text);
  std::ranges::replace_if(blank, [](char letter) { return letter != '\n' && letter != '\r'; }, ' ');
  return blank;
}

// Works on the query's tasks until its first rows are there; false if it has failed. DuckDB's own
// loop asks without a pause while its other threads have the last tasks, which takes a processor
// from them.
bool WaitFor(duckdb_pending_result pending) {
  constexpr std::chrono::microseconds kFirstPause(20);
  constexpr std::chrono::microseconds kLongestPause(1000);
  auto pause = kFirstPause;
  while (true) {
    const duckdb_pending_state state = duckdb_pending_execute_task(pending);
    if (state == DUCKDB_PENDING_RESULT_READY || state == DUCKDB_PENDING_ERROR) {
      return state == DUCKDB_PENDING_RESULT_READY;
    }
    if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) {
      std::this_thread::sleep_for(pause);
      pause = std::min(2 * pause, kLongestPause);
    } else {
      pause = kFirstPause;
    }
  }
}

}  // namespace

Statements::Statements(Session& session, std::string_view sql)
    : session_(session), query_number_(session.BeginQuery()) {
  if (sql.find('\0') != std::string_view::npos) {
    CheckWhole(sql);
  }
  Parsed whole = Parse(std::string(sql));
  if (whole.count <= 1) {
    Add(std::move(whole));
    return;
  }
  // DuckDB 1.5.5 puts the caret of a later statement's error elsewhere: it counts from the text's
  // beginning, but quotes the statement. So each is parsed alone, behind as much blank text.
  std::size_t begin = 0;
  for (const std::string_view statement : SplitStatements(sql)) {
    Add(Parse(Blanked(sql.substr(0, begin)) + std::string(statement)));
    begin += statement.size();
  }
}

Statements::Parsed Statements::Parse(const std::string& sql) {
  duckdb_extracted_statements raw = nullptr;
  const idx_t count = duckdb_extract_statements(session_.handle(), sql.c_str(), &raw);
  Parsed parsed{.extracted = OwnedExtracted(raw), .count = count};
  if (const char* message = duckdb_extract_statements_error(raw); message != nullptr) {
    session_.ThrowFailure(std::nullopt, message);
  }
  return parsed;
}

void Statements::Add(Parsed parsed) {
  for (idx_t index = 0; index < parsed.count; ++index) {
    statements_.push_back({.extracted = parsed.extracted.get(), .index = index});
  }
  owned_.push_back(std::move(parsed.extracted));
}

OwnedPrepared Statements::Prepare(std::size_t index) {
  session_.CheckStop();
  duckdb_prepared_statement raw = nullptr;
  const Place& place = statements_.at(index);
  const duckdb_state state =
      duckdb_prepare_extracted_statement(session_.handle(), place.extracted, place.index, &raw);
  OwnedPrepared prepared(raw);
  if (state != DuckDBSuccess) {
    session_.ThrowFailure(std::nullopt, duckdb_prepare_error(raw));
  }
  return prepared;
}

OwnedResult Statements::Start(duckdb_prepared_statement prepared) {
  duckdb_pending_result raw = nullptr;
  // Marked as deprecated since 1.0, but 1.5.5 has no other way to stream a result.
  duckdb_state state = duckdb_pending_prepared_streaming(prepared, &raw);
  const OwnedPending pending(raw);
  session_.CheckStop();
  if (state != DuckDBSuccess) {
    session_.ThrowFailure(std::nullopt, duckdb_pending_error(raw));
  }
  if (!WaitFor(raw)) {  // what follows would wrap the error in another
    session_.ThrowFailure(std::nullopt, duckdb_pending_error(raw));
  }
  OwnedResult result;
  state = duckdb_execute_pending(raw, result.get());
  if (state != DuckDBSuccess) {
    session_.ThrowFailure(duckdb_result_error_type(result.get()),
                          duckdb_result_error(result.get()));
  }
  return result;
}

void Statements::Finish(std::size_t index) {
  const OwnedPrepared prepared = Prepare(index);
  BindParameters(prepared.get(), {});
  OwnedResult result = Start(prepared.get());
  while (FetchChunk(session_, result)) {
  }
}

void BindParameters(duckdb_prepared_statement prepared, std::span<const Value> values) {
  if (const idx_t expected = duckdb_nparams(prepared); expected != values.size()) {
    throw UserError("the statement has {} parameters, but {} values are given", expected,
                    values.size());
  }
  for (std::size_t index = 0; index < values.size(); ++index) {
    Bind(prepared, index + 1, values[index]);
  }
}

OwnedDataChunk FetchChunk(Session& session, OwnedResult& result) {
  session.CheckStop();
  OwnedDataChunk chunk(duckdb_fetch_chunk(*result.get()));
  if (!chunk) {
    if (const char* message = duckdb_result_error(result.get()); message != nullptr) {
      session.ThrowFailure(duckdb_result_error_type(result.get()), message);
    }
  }
  return chunk;
}

std::vector<ResultColumn> ColumnsOf(duckdb_prepared_statement prepared) {
  std::vector<ResultColumn> columns;
  for (idx_t index = 0; index < duckdb_prepared_statement_column_count(prepared); ++index) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it is ours to free.
    auto* name = const_cast<char*>(duckdb_prepared_statement_column_name(prepared, index));
    columns.push_back(
        {.name = TakeText(name),
         .type = OwnedLogicalType(duckdb_prepared_statement_column_logical_type(prepared, index))});
  }
  return columns;
}

}  // namespace weir::sql
