#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/declared_settings.h"

namespace weir::connectors {

// A name or a text of PostgreSQL's SQL, in quotes.
std::string PgName(std::string_view name);
std::string PgText(std::string_view text);

// The settings of a connection of kind "postgres".
std::vector<Setting> PostgresSettings();

// One connection to a PostgreSQL server. Errors of the connection, of permissions and of the server
// are ExternalErrors, without the password; of what was asked of it (data that it refuses, tables
// that aren't there) UserErrors. A stop ends what runs with CancelledError.
class PostgresSession {
 public:
  // `settings` of a connection of kind "postgres". Throws UserError for unknown ones.
  PostgresSession(const std::map<std::string, std::string>& settings, std::stop_token stop);
  PostgresSession(const PostgresSession&) = delete;
  PostgresSession& operator=(const PostgresSession&) = delete;
  ~PostgresSession();

  // Runs statements; rows come as texts, nulls as nothing.
  using Row = std::vector<std::optional<std::string>>;
  std::vector<Row> Run(const std::string& sql);
  // The only cell of a result.
  std::optional<std::string> Cell(const std::string& sql);

  // COPY … FROM STDIN: begin, bytes in any pieces, end.
  void BeginCopy(const std::string& sql);
  void Copy(std::string_view bytes);
  void EndCopy();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::connectors
