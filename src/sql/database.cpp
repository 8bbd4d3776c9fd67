#include "sql/database.h"

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hashing.h"
#include "base/process.h"
#include "sql/connection_state.h"
#include "sql/duckdb_handles.h"
#include "sql/extensions.h"
#include "sql/native_functions.h"
#include "sql/quote.h"
#include "sql/spill_folder.h"
#include "sql/split_registry.h"
#include "sql/stream.h"
#include "storage/object_store.h"
#include "storage/stores.h"

namespace weir::sql {
namespace {

constexpr std::string_view kVersion = "v1.5.5";

void CheckVersion() {
  if (const std::string_view found = duckdb_library_version(); found != kVersion) {
    throw ExternalError("libduckdb is {}, but weir is built for {}", found, kVersion);
  }
}

DatabaseOptions Completed(DatabaseOptions options) {
  if (options.memory_bytes == 0) {
    options.memory_bytes = MemoryLimitBytes() / 10 * 6;
  }
  if (options.threads == 0) {
    options.threads = AvailableProcessors();
  }
  if (!options.stores) {
    options.stores = std::make_shared<const storage::Stores>();
  }
  return options;
}

void Set(duckdb_config config, const char* name, const std::string& setting) {
  if (duckdb_set_config(config, name, setting.c_str()) != DuckDBSuccess) {
    throw ExternalError("DuckDB refuses the setting {} = '{}'", name, setting);
  }
}

OwnedConfig MakeConfig(const DatabaseOptions& options, const SpillFolder& spill) {
  duckdb_config raw = nullptr;
  duckdb_create_config(&raw);
  OwnedConfig config(raw);
  Set(raw, "memory_limit", fmt::format("{}B", options.memory_bytes));
  Set(raw, "threads", std::to_string(options.threads));
  Set(raw, "temp_directory", spill.path().string());
  Set(raw, "preserve_insertion_order", "true");
  Set(raw, "autoinstall_known_extensions", "false");
  Set(raw, "autoload_known_extensions", "false");
  Set(raw, "allow_community_extensions", "false");
  Set(raw, "allow_unsigned_extensions", "false");
  Set(raw, "allow_persistent_secrets", "false");  // nothing comes from ~/.duckdb
  return config;
}

OwnedDatabase Open(const DatabaseOptions& options, const SpillFolder& spill) {
  CheckVersion();
  const OwnedConfig config = MakeConfig(options, spill);
  duckdb_database database = nullptr;
  char* message = nullptr;
  if (duckdb_open_ext(nullptr, &database, config.get(), &message) != DuckDBSuccess) {
    throw ExternalError("DuckDB doesn't open: {}", TakeText(message));
  }
  return OwnedDatabase(database);
}

OwnedConnection OpenConnection(duckdb_database database) {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database, &connection) != DuckDBSuccess) {
    throw ExternalError("DuckDB gives no connection");
  }
  return OwnedConnection(connection);
}

// Requests are tried again for about as long as weir's own; connections are kept.
std::string SecretSql(const storage::S3Access& access) {
  return fmt::format(
      "SET GLOBAL http_retries = 8; SET GLOBAL http_retry_wait_ms = 50; "
      "SET GLOBAL http_retry_backoff = 2; CREATE OR REPLACE SECRET {} (TYPE s3, PROVIDER config, "
      "KEY_ID {}, SECRET {}, SESSION_TOKEN {}, REGION {}, ENDPOINT {}, URL_STYLE {}, USE_SSL {}, "
      "SCOPE {})",
      QuoteName("weir_" + ToHex(HashOf(access.scope))), QuoteText(access.access_key),
      QuoteText(access.secret_key), QuoteText(access.session_token), QuoteText(access.region),
      QuoteText(access.endpoint), QuoteText(access.path_style ? "path" : "vhost"), access.use_tls,
      QuoteText(access.scope));
}

}  // namespace

// Members are destroyed from the last to the first: DuckDB before what it uses.
struct Database::State {
  explicit State(const DatabaseOptions& wanted)
      : options(Completed(wanted)),
        spill(options.spill_folder),
        database(Open(options, spill)),
        context(OpenConnection(database.get())) {}

  DatabaseOptions options;
  SpillFolder spill;
  StreamRegistry streams;
  SplitRegistry splits;
  OwnedDatabase database;
  OwnedConnection context;  // for what belongs to no connection of a user
  std::mutex idle_mutex;
  std::vector<Connection> idle;
  std::mutex extensions_mutex;
  std::set<std::string, std::less<>> extensions;
  std::mutex stores_mutex;
  std::map<std::string, storage::S3Access> stores;  // by scope
};

Database::Database(const DatabaseOptions& options) : state_(std::make_unique<State>(options)) {
  Connect().Run("SET GLOBAL TimeZone = 'UTC'");
  if (state_->options.spill_bytes != 0) {  // DuckDB 1.5.5 forgets it if it is set before opening
    Connect().Run(fmt::format("SET max_temp_directory_size = '{}B'", state_->options.spill_bytes));
  }
  RegisterStreamFunction(state_->context.get(), state_->streams);
  RegisterSplitFunction(state_->context.get(), state_->splits);
  RegisterNativeFunctions(state_->context.get());
}

Database::~Database() = default;

const DatabaseOptions& Database::options() const { return state_->options; }

const storage::Stores& Database::stores() const { return *state_->options.stores; }

Connection Database::Connect() {
  return Connection(std::make_unique<Connection::State>(
      *this, OpenConnection(state_->database.get()), state_->context.get(), state_->streams));
}

SplitRegistry& Database::splits() { return state_->splits; }

Connection Database::TakeIdle() {
  {
    const std::scoped_lock lock(state_->idle_mutex);
    if (!state_->idle.empty()) {
      Connection taken = std::move(state_->idle.back());
      state_->idle.pop_back();
      return taken;
    }
  }
  return Connect();
}

void Database::KeepIdle(Connection connection) {
  const std::scoped_lock lock(state_->idle_mutex);
  state_->idle.push_back(std::move(connection));
}

void Database::LoadExtension(std::string_view name) {
  const std::scoped_lock lock(state_->extensions_mutex);
  if (state_->extensions.contains(name)) {
    return;
  }
  const auto path = FindExtension(name, ExtensionFolders(ProgramFolder()));
  try {
    Connect().Run("LOAD " + QuoteText(path.string()));
  } catch (const UserError& error) {
    throw ExternalError("{} doesn't load: {}", path.string(), error.what());
  }
  state_->extensions.emplace(name);
}

void Database::Allow(const storage::S3Access& access) {
  const std::scoped_lock lock(state_->stores_mutex);
  const auto known = state_->stores.find(access.scope);
  if (known != state_->stores.end() && known->second == access) {
    return;
  }
  LoadExtension("httpfs");
  try {
    Connect().Run(SecretSql(access));
  } catch (const std::runtime_error&) {  // its text may quote the keys
    throw ExternalError("DuckDB doesn't take the keys for {}", access.scope);
  }
  state_->stores.insert_or_assign(access.scope, access);
}

}  // namespace weir::sql
