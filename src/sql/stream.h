#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "data/batch.h"
#include "data/schema.h"
#include "sql/duckdb_handles.h"
#include "sql/session.h"
#include "sql/types.h"

// Native rows as a table in SQL. One table function serves all streams of an instance; a stream is
// named by a number, and a temporary view gives that number a name:
//   CREATE TEMP VIEW pairs AS FROM weir_stream(17)
namespace weir::sql {

struct StreamSource {
  std::string name;  // of the relation, for messages
  Schema schema;
  std::function<std::optional<Batch>()> next;
};

// The rows of one native producer, read once. DuckDB's threads call it, several at once where the
// query doesn't ask for the rows' order, such as a COPY into several files.
class Stream {
 public:
  // `context` is a connection that outlives every use; `session` gets what `next` throws.
  Stream(StreamSource source, duckdb_connection context, Session& session);

  const std::string& name() const { return source_.name; }
  const std::vector<ResultColumn>& columns() const { return columns_; }
  // Takes the stream's rows for one scan. Throws UserError if another scan has them already.
  void Begin();
  // The producer's next batch, of one row or more; null at the end. One thread after another.
  std::shared_ptr<const Batch> NextBatch();
  // Hands the exception to the session, whose query is about to fail with it.
  void Keep(std::exception_ptr error) { session_.KeepStreamError(std::move(error)); }

 private:
  friend class StreamReader;

  StreamSource source_;
  duckdb_connection context_;
  Session& session_;
  std::vector<ResultColumn> columns_;
  std::atomic<bool> begun_ = false;
  std::mutex next_mutex_;
};

// One thread's place in a stream.
class StreamReader {
 public:
  // `stream` must outlive the reader.
  explicit StreamReader(Stream& stream);

  // Puts the next rows of the columns `projection` into `output`; none at the end.
  void Fill(const std::vector<std::size_t>& projection, duckdb_data_chunk output);

 private:
  void FillColumn(std::size_t column, std::int64_t count, duckdb_vector output);

  Stream& stream_;
  std::vector<OwnedConvertedSchema> converted_;  // one a column
  std::shared_ptr<const Batch> batch_;
  std::int64_t next_row_ = 0;
};

// The streams of a database by number. Thread-safe.
class StreamRegistry {
 public:
  // Its number: 1 …
  std::int64_t Add(std::shared_ptr<Stream> stream);
  // Does nothing if there is none of this number.
  void Remove(std::int64_t number);
  // Null if there is none (any more).
  std::shared_ptr<Stream> Find(std::int64_t number);

 private:
  std::mutex mutex_;
  std::int64_t last_ = 0;
  std::map<std::int64_t, std::shared_ptr<Stream>> streams_;
};

// Makes the table function weir_stream(number) over `registry`, which must outlive the instance.
void RegisterStreamFunction(duckdb_connection connection, StreamRegistry& registry);

}  // namespace weir::sql
