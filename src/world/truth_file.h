#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "data/batch.h"
#include "data/schema.h"
#include "sql/database.h"

namespace weir::world {

// Rows in the making, cell by cell, column by column in any order.
class TruthRows {
 public:
  explicit TruthRows(const Schema& schema);

  void AddText(std::size_t column, std::string_view text);
  void AddInteger(std::size_t column, std::int64_t number);
  void AddReal(std::size_t column, double number);
  void AddBoolean(std::size_t column, bool value);

  // All rows as an Arrow batch; every column must have the same number of cells.
  Batch Finish() &&;

 private:
  struct Column {
    TypeKind kind = TypeKind::kString;
    std::int64_t size = 0;
    std::vector<std::int32_t> offsets = {0};
    std::string bytes;  // of texts, and bits of booleans
    std::vector<std::int64_t> integers;
    std::vector<double> reals;
  };
  struct Owned;
  static ArrowArray ArrayOf(const Column& column, std::array<const void*, 3>& buffers);

  std::vector<Column> columns_;
};

// A Parquet file that is written while rows are made, in the order in which they are added, on a
// thread of its own. One caller at a time.
class TruthFile {
 public:
  // `database` must outlive the file.
  TruthFile(sql::Database& database, const std::filesystem::path& path, Schema schema,
            std::stop_token stop);
  TruthFile(const TruthFile&) = delete;
  TruthFile& operator=(const TruthFile&) = delete;
  // Gives up what isn't closed.
  ~TruthFile();

  const Schema& schema() const { return schema_; }
  // Waits while too many rows are queued. Throws what writing failed with.
  void Add(Batch rows);
  // Returns once the file is whole.
  void Close();

 private:
  std::optional<Batch> Next();
  void Write(const std::filesystem::path& path);
  void End(bool give_up);

  sql::Connection connection_;
  Schema schema_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> queue_;
  bool ended_ = false;
  bool given_up_ = false;
  bool done_ = false;
  std::exception_ptr error_;
  std::jthread writer_;
};

// A schema of columns that are never null.
Schema TruthSchema(const std::vector<std::pair<std::string, TypeKind>>& columns);

}  // namespace weir::world
