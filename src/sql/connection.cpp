#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "sql/connection_state.h"
#include "sql/database.h"
#include "sql/quote.h"
#include "sql/result_state.h"
#include "sql/sibling.h"
#include "sql/statement.h"
#include "sql/table_names.h"

namespace weir::sql {
namespace {

// Finishes all statements but the last and returns the last, bound.
OwnedPrepared PrepareLast(Statements& statements, std::span<const Value> parameters) {
  if (statements.size() == 0) {
    throw UserError("there is no SQL statement");
  }
  for (std::size_t index = 0; index + 1 < statements.size(); ++index) {
    statements.Finish(index);
  }
  OwnedPrepared prepared = statements.Prepare(statements.size() - 1);
  BindParameters(prepared.get(), parameters);
  return prepared;
}

OwnedPrepared PrepareOne(Session& session, std::string_view sql) {
  Statements statements(session, sql);
  if (statements.size() != 1) {
    throw UserError("one SELECT is expected; there are {} statements", statements.size());
  }
  return statements.Prepare(0);
}

std::int64_t ToInteger(const Value& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    return *number;
  }
  const auto* text = std::get_if<std::string>(&cell);  // of a HUGEINT, say
  std::int64_t number = 0;
  if (text != nullptr) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error == std::errc() && end == text->data() + text->size()) {
      return number;
    }
  }
  throw UserError("the query's result is not an integer{}", text == nullptr ? "" : ": " + *text);
}

}  // namespace

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

void Connection::Run(std::string_view sql) {
  Statements statements(state_->session, sql);
  for (std::size_t index = 0; index < statements.size(); ++index) {
    statements.Finish(index);
  }
}

Result Connection::Query(std::string_view sql, std::span<const Value> parameters) {
  Statements statements(state_->session, sql);
  OwnedPrepared prepared = PrepareLast(statements, parameters);
  OwnedResult result = statements.Start(prepared.get());
  return Result(std::make_unique<Result::State>(state_->session, statements.query_number(),
                                                std::move(prepared), std::move(result)));
}

std::int64_t Connection::QueryInteger(std::string_view sql, std::span<const Value> parameters) {
  return ToInteger(Query(sql, parameters).Cell());
}

Schema Connection::Describe(std::string_view sql) {
  return ToSchema(ColumnsOf(PrepareOne(state_->session, sql).get()));
}

void Connection::Bind(std::string_view sql) { PrepareOne(state_->session, sql); }

std::vector<std::string> Connection::TableNames(std::string_view sql) {
  return FindTableNames(state_->session, sql);
}

void Connection::RegisterStream(const std::string& name, const Schema& schema,
                                std::function<std::optional<Batch>()> next) {
  auto stream = std::make_shared<Stream>(
      StreamSource{.name = name, .schema = schema, .next = std::move(next)}, state_->context,
      state_->session);
  const std::int64_t number = state_->streams.Add(std::move(stream));
  state_->streams.Remove(std::exchange(state_->stream_numbers[name], number));
  Run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS FROM weir_stream({})", QuoteName(name),
                  number));
}

void Connection::SetStopToken(std::stop_token token) {
  state_->session.SetStopToken(std::move(token));
}

duckdb_connection HandleAccess::Of(Connection& connection) {
  return connection.state_->session.handle();
}

Connection::State& HandleAccess::StateOf(const Connection& connection) {
  return *connection.state_;
}

Sibling::Sibling(const Connection& connection)
    : database_(HandleAccess::StateOf(connection).database), connection_(database_.TakeIdle()) {}

Sibling::~Sibling() { database_.KeepIdle(std::move(*connection_)); }

std::stop_token StopTokenOf(const Connection& connection) {
  return HandleAccess::StateOf(connection).session.stop_token();
}

std::uint64_t MemoryOf(const Connection& connection) {
  return HandleAccess::StateOf(connection).database.options().memory_bytes;
}

int ThreadsOf(const Connection& connection) {
  return HandleAccess::StateOf(connection).database.options().threads;
}

}  // namespace weir::sql
