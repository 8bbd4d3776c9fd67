#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "data/batch.h"
#include "data/schema.h"
#include "sql/value.h"

namespace weir::storage {
struct S3Access;
class Stores;
}  // namespace weir::storage

namespace weir::sql {

struct DatabaseOptions {
  std::uint64_t memory_bytes = 0;                   // 0: 60 % of what the process may use
  int threads = 0;                                  // 0: the processors this process may run on
  std::filesystem::path spill_folder;               // empty: nothing spills; made when first needed
  std::uint64_t spill_bytes = 0;                    // 0: nine tenths of what is free there
  std::shared_ptr<const storage::Stores> stores{};  // none: what the environment says
};

class Connection;
class SplitRegistry;

// One embedded DuckDB, in memory, with its settings: UTC, no network, no automatic extensions,
// weir's own functions (sql/functions.h) registered. Thread-safe; must outlive its connections.
class Database {
 public:
  // Throws ExternalError if the library at hand is not the version weir was built for.
  explicit Database(const DatabaseOptions& options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  const DatabaseOptions& options() const;
  Connection Connect();
  // Where the URLs lie that work on this database names. Lives as long as the database.
  const storage::Stores& stores() const;
  // Loads one of weir's shipped extensions ("delta", "httpfs", "avro") from its folder; a second
  // call does nothing. Throws ExternalError with the path that was tried.
  void LoadExtension(std::string_view name);
  // Lets queries read the objects of a store on S3, by DuckDB's extension `httpfs`; cheap for one
  // that they may read already. Of several stores a URL takes the one with the longest scope.
  void Allow(const storage::S3Access& access);

 private:
  friend class Sibling;
  friend class SplitRows;
  SplitRegistry& splits();
  // A connection that nobody uses now, or a new one; and back again. From any thread.
  Connection TakeIdle();
  void KeepIdle(Connection connection);

  friend class Connection;
  struct State;
  std::unique_ptr<State> state_;
};

// A streamed result: rows come chunk by chunk and are never all in memory. One reader; the
// connection must outlive it. If the connection begins anything else before the result is read to
// its end, reading on throws std::logic_error.
class Result {
 public:
  Result(Result&&) noexcept;
  Result& operator=(Result&&) noexcept;
  ~Result();

  std::vector<std::string> column_names() const;
  // As ToText() of data/schema.h, or DuckDB's name for types that tables can't hold.
  std::vector<std::string> column_type_names() const;
  // The columns as a schema. Throws UserError naming the column whose type tables can't hold.
  Schema schema() const;

  // The next rows as an Arrow batch, or nothing at the end. Throws what the query throws.
  std::optional<Batch> NextBatch();
  OwnedArrowSchema arrow_schema() const;

  // The remaining rows, for small results.
  std::vector<std::vector<Value>> Rows();
  // The only cell of a result of one row and column. Throws if it has another shape.
  Value Cell();

 private:
  friend class Connection;
  friend class ChunkReader;
  struct State;
  explicit Result(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A connection: one query at a time, one thread at a time. Errors in the SQL are UserErrors that
// quote its line with a caret under the place; failures of disk and the like are ExternalErrors.
class Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // Runs one or several statements to their end and drops their rows.
  void Run(std::string_view sql);
  // Runs one statement with `$1 …` bound to `parameters` and streams its rows. Of several
  // statements all but the last run to their end first (parameters go to the last).
  Result Query(std::string_view sql, std::span<const Value> parameters = {});
  // The number of rows that a COPY or INSERT wrote, say: Query(sql).Cell() as an integer.
  std::int64_t QueryInteger(std::string_view sql, std::span<const Value> parameters = {});

  // What columns `sql` (one SELECT) would give; binds it without running it.
  Schema Describe(std::string_view sql);
  // The same of a SELECT whose columns may have any type: throws if it can't be bound.
  void Bind(std::string_view sql);
  // Tables that `sql` names, as written, qualified where it says so ("schema.table"), each once,
  // sorted; names that a WITH clause defines are not among them.
  std::vector<std::string> TableNames(std::string_view sql);

  // Makes `name` a temporary view of this connection over rows that `next` produces. Runs on
  // DuckDB's threads, one call at a time; `next` returns nothing at the end, may throw (the query
  // then throws the same), and may not use this connection. A second scan of the spent stream is an
  // error, never an empty result.
  // Batches are laid out as NextBatch() gives these types: Arrow's plain layouts with 32-bit
  // offsets, decimals of 128 bits. Columns may have an offset, parts of nested ones may not, and
  // bitmaps of lists' elements have a byte to spare, since DuckDB reads one too many.
  void RegisterStream(const std::string& name, const Schema& schema,
                      std::function<std::optional<Batch>()> next);

  // From now on queries of this connection end with CancelledError soon (10 ms) after a stop.
  void SetStopToken(std::stop_token token);

 private:
  friend class Database;
  friend struct HandleAccess;
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::sql
