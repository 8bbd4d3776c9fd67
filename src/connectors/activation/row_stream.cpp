#include "connectors/activation/row_stream.h"

#include <utility>

#include "base/error.h"

namespace weir::connectors {

RowStream::RowStream(const Relation& relation, std::string statement, sql::Connection& connection) {
  connection.RegisterStream(relation.name, relation.schema, [this] { return Next(); });
  statement_ = std::async(std::launch::async, [this, sql = std::move(statement), &connection] {
    try {
      connection.Run(sql);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
      changed_.notify_all();
      throw;
    }
  });
}

RowStream::~RowStream() {
  Close(false);
  if (statement_.valid()) {
    statement_.wait();
  }
}

void RowStream::Push(Batch rows) {
  constexpr std::size_t kMostWaiting = 8;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_over_ || waiting_.size() < kMostWaiting; });
  if (is_over_) {
    lock.unlock();
    statement_.get();
    throw ExternalError("the statement ended before it had read all rows");
  }
  waiting_.push_back(std::move(rows));
  changed_.notify_all();
}

void RowStream::Finish() {
  Close(true);
  statement_.get();
}

void RowStream::Close(bool is_whole) {
  const std::lock_guard lock(mutex_);
  is_whole_ = is_whole_ || is_whole;
  is_closed_ = true;
  changed_.notify_all();
}

std::optional<Batch> RowStream::Next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_closed_ || !waiting_.empty(); });
  if (is_closed_ && !is_whole_) {
    throw CancelledError();
  }
  if (waiting_.empty()) {
    return std::nullopt;
  }
  Batch rows = std::move(waiting_.front());
  waiting_.pop_front();
  changed_.notify_all();
  return rows;
}

}  // namespace weir::connectors
