#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <string>

#include "data/batch.h"
#include "data/schema.h"
#include "sql/database.h"

namespace weir::connectors {

// Rows that a statement reads as a relation while they are made: the statement runs on a thread of
// its own, a few batches wait at most. One thread pushes. The connection is the statement's until
// Finish() or the end of the object, and must outlive it.
class RowStream {
 public:
  struct Relation {
    std::string name;
    Schema schema;
  };
  RowStream(const Relation& relation, std::string statement, sql::Connection& connection);
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;
  // A statement that isn't finished fails.
  ~RowStream();

  // Throws what the statement threw.
  void Push(Batch rows);
  // Waits until the statement has read all rows and ended; throws what it threw. Once, last.
  void Finish();

 private:
  std::optional<Batch> Next();
  void Close(bool is_whole);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> waiting_;
  bool is_closed_ = false;
  bool is_whole_ = false;
  bool is_over_ = false;  // the statement has ended
  std::future<void> statement_;
};

}  // namespace weir::connectors
