#include "connectors/postgres/postgres_session.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libpq-fe.h>

#include "base/error.h"
#include "base/nearest_name.h"

namespace weir::connectors {
namespace {

struct Freer {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
  void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freer>;

// weir's name of a setting and libpq's.
constexpr std::array<std::pair<const char*, const char*>, 7> kSettings{
    {{"host", "host"},
     {"port", "port"},
     {"database", "dbname"},
     {"user", "user"},
     {"password", "password"},
     {"sslmode", "sslmode"},
     {"timeout", "connect_timeout"}}};

const char* LibpqName(const std::string& name) {
  const auto found =
      std::ranges::find_if(kSettings, [&](const auto& entry) { return name == entry.first; });
  if (found == kSettings.end()) {
    std::vector<std::string> known;
    std::ranges::transform(kSettings, std::back_inserter(known),
                           [](const auto& entry) { return entry.first; });
    throw UserError("unknown setting '{}' of a postgres connection; allowed: {}{}", name,
                    fmt::to_string(fmt::join(known, ", ")), DidYouMean(name, known));
  }
  return found->second;
}

std::string Trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

// Classes of SQLSTATE that aren't about what was asked: connection, authorization, transaction
// conflicts, resources, locks, operator's intervention, system and internal errors.
bool IsExternal(const std::string& state) {
  constexpr std::array<std::string_view, 9> kClasses{"08", "28", "40", "53", "55",
                                                     "57", "58", "XX", ""};
  return state == "42501" ||
         std::ranges::find(kClasses, std::string_view(state).substr(0, 2)) != kClasses.end();
}

std::string Quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char letter : text) {
    quoted += letter;
    if (letter == quote) {
      quoted += letter;
    }
  }
  return quoted + quote;
}

}  // namespace

std::vector<Setting> PostgresSettings() {
  constexpr double kMostPort = 65'535;
  return {
      {.name = "host", .doc = "the server's name, or the folder of its socket"},
      {.name = "port", .type = SettingType::kInteger, .least = 1, .most = kMostPort},
      {.name = "database"},
      {.name = "user"},
      {.name = "password", .doc = "a secret: '{secret.x}'"},
      {.name = "sslmode",
       .allowed = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
      {.name = "timeout", .type = SettingType::kInteger, .least = 0, .doc = "seconds to connect"}};
}

struct PostgresSession::State {
  Owned<PGconn> connection;
  Owned<PGcancel> cancel;
  std::stop_token stop;
  std::string where;  // for messages: "shop on db.example"
  std::string password;
  std::optional<std::stop_callback<std::function<void()>>> canceller;

  std::string Message(std::string text) const {
    for (std::size_t at = password.empty() ? std::string::npos : text.find(password);
         at != std::string::npos; at = text.find(password, at + 3)) {
      text.replace(at, password.size(), "***");
    }
    return Trimmed(std::move(text));
  }

  [[noreturn]] void Throw(const PGresult* result) const {
    if (stop.stop_requested()) {
      throw CancelledError();
    }
    const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const std::string text = Message(result == nullptr ? PQerrorMessage(connection.get())
                                                       : PQresultErrorMessage(result));
    if (IsExternal(state == nullptr ? "" : state)) {
      throw ExternalError("PostgreSQL {}: {}", where, text);
    }
    throw UserError("PostgreSQL {}: {}", where, text);
  }

  Owned<PGresult> Execute(const std::string& sql) const {
    if (stop.stop_requested()) {
      throw CancelledError();
    }
    return Owned<PGresult>(PQexec(connection.get(), sql.c_str()));
  }
};

std::string PgName(std::string_view name) { return Quoted(name, '"'); }
std::string PgText(std::string_view text) { return Quoted(text, '\''); }

PostgresSession::PostgresSession(const std::map<std::string, std::string>& settings,
                                 std::stop_token stop)
    : state_(std::make_unique<State>()) {
  std::vector<const char*> names{"connect_timeout", "client_encoding", "application_name"};
  std::vector<const char*> values{"10", "UTF8", "weir"};
  for (const auto& [name, value] : settings) {
    names.push_back(LibpqName(name));
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  const auto of = [&](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? "" : found->second;
  };
  state_->where = fmt::format("'{}' on '{}'", of("database"), of("host"));
  state_->password = of("password");
  state_->stop = std::move(stop);

  state_->connection.reset(PQconnectdbParams(names.data(), values.data(), 0));
  if (PQstatus(state_->connection.get()) != CONNECTION_OK) {
    throw ExternalError("PostgreSQL {}: {}", state_->where,
                        state_->Message(PQerrorMessage(state_->connection.get())));
  }
  PQsetNoticeProcessor(state_->connection.get(), [](void*, const char*) {}, nullptr);
  state_->cancel.reset(PQgetCancel(state_->connection.get()));
  state_->canceller.emplace(state_->stop, [this] {
    std::array<char, 256> ignored{};
    PQcancel(state_->cancel.get(), ignored.data(), ignored.size());
  });
}

PostgresSession::~PostgresSession() = default;

std::vector<PostgresSession::Row> PostgresSession::Run(const std::string& sql) {
  const Owned<PGresult> result = state_->Execute(sql);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    state_->Throw(result.get());
  }
  std::vector<Row> rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const bool is_null = PQgetisnull(result.get(), row, column) != 0;
      rows[static_cast<std::size_t>(row)].push_back(
          is_null ? std::nullopt
                  : std::optional<std::string>(PQgetvalue(result.get(), row, column)));
    }
  }
  return rows;
}

std::optional<std::string> PostgresSession::Cell(const std::string& sql) {
  return Run(sql).at(0).at(0);
}

void PostgresSession::BeginCopy(const std::string& sql) {
  const Owned<PGresult> result = state_->Execute(sql);
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) {
    state_->Throw(result.get());
  }
}

void PostgresSession::Copy(std::string_view bytes) {
  if (state_->stop.stop_requested()) {
    throw CancelledError();
  }
  constexpr std::size_t kPiece = 1U << 20U;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    if (PQputCopyData(state_->connection.get(), piece.data(), static_cast<int>(piece.size())) !=
        1) {
      EndCopy();  // the server's own words, if it has any
      state_->Throw(nullptr);
    }
    bytes.remove_prefix(piece.size());
  }
}

void PostgresSession::EndCopy() {
  if (PQputCopyEnd(state_->connection.get(), nullptr) != 1) {
    state_->Throw(nullptr);
  }
  Owned<PGresult> failure;
  while (Owned<PGresult> result{PQgetResult(state_->connection.get())}) {
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK && !failure) {
      failure = std::move(result);
    }
  }
  if (failure) {
    state_->Throw(failure.get());
  }
}

}  // namespace weir::connectors
