#include "world/truth_file.h"

#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "sql/quote.h"

namespace weir::world {
namespace {

constexpr std::size_t kQueuedBatches = 4;

}  // namespace

// What a batch owns.
struct TruthRows::Owned {
  explicit Owned(std::vector<Column> made) : columns(std::move(made)), buffers(columns.size()) {}

  std::vector<Column> columns;
  std::vector<std::array<const void*, 3>> buffers;  // of each column
  std::vector<ArrowArray> arrays;
  std::vector<ArrowArray*> children;
  std::array<const void*, 1> row_buffers{};
};

TruthRows::TruthRows(const Schema& schema) {
  for (const Field& field : schema.fields) {
    columns_.emplace_back().kind = field.type.kind;
  }
}

void TruthRows::AddText(std::size_t column, std::string_view text) {
  Column& cells = columns_[column];
  cells.bytes += text;
  cells.offsets.push_back(static_cast<std::int32_t>(cells.bytes.size()));
  ++cells.size;
}

void TruthRows::AddInteger(std::size_t column, std::int64_t number) {
  columns_[column].integers.push_back(number);
  ++columns_[column].size;
}

void TruthRows::AddReal(std::size_t column, double number) {
  columns_[column].reals.push_back(number);
  ++columns_[column].size;
}

void TruthRows::AddBoolean(std::size_t column, bool value) {
  Column& cells = columns_[column];
  if (cells.size % 8 == 0) {
    cells.bytes += '\0';
  }
  if (value) {
    cells.bytes.back() = static_cast<char>(cells.bytes.back() | 1 << cells.size % 8);
  }
  ++cells.size;
}

// Points `buffers` at the column's cells, which must stay where they are.
ArrowArray TruthRows::ArrayOf(const Column& column, std::array<const void*, 3>& buffers) {
  const bool is_text = column.kind == TypeKind::kString;
  const void* cells = column.bytes.data();
  if (column.kind == TypeKind::kLong) {
    cells = column.integers.data();
  } else if (column.kind == TypeKind::kDouble) {
    cells = column.reals.data();
  }
  buffers = {nullptr, is_text ? column.offsets.data() : cells, is_text ? cells : nullptr};
  return {.length = column.size,
          .null_count = 0,
          .offset = 0,
          .n_buffers = is_text ? 3 : 2,
          .n_children = 0,
          .buffers = buffers.data(),
          .children = nullptr,
          .dictionary = nullptr,
          .release = [](ArrowArray* array) { array->release = nullptr; },
          .private_data = nullptr};
}

Batch TruthRows::Finish() && {
  auto owned = std::make_unique<Owned>(std::move(columns_));
  for (std::size_t index = 0; index < owned->columns.size(); ++index) {
    owned->arrays.push_back(ArrayOf(owned->columns[index], owned->buffers[index]));
  }
  for (ArrowArray& array : owned->arrays) {
    owned->children.push_back(&array);
  }
  Batch batch;
  *batch.get() = {.length = owned->columns.front().size,
                  .null_count = 0,
                  .offset = 0,
                  .n_buffers = 1,
                  .n_children = static_cast<std::int64_t>(owned->children.size()),
                  .buffers = owned->row_buffers.data(),
                  .children = owned->children.data(),
                  .dictionary = nullptr,
                  .release =
                      [](ArrowArray* array) {
                        const std::unique_ptr<Owned> rows(static_cast<Owned*>(array->private_data));
                        array->release = nullptr;
                      },
                  .private_data = nullptr};
  batch.get()->private_data = owned.release();
  return batch;
}

TruthFile::TruthFile(sql::Database& database, const std::filesystem::path& path, Schema schema,
                     std::stop_token stop)
    : connection_(database.Connect()), schema_(std::move(schema)) {
  connection_.SetStopToken(std::move(stop));
  connection_.RegisterStream("truth_rows", schema_, [this] { return Next(); });
  writer_ = std::jthread([this, path] { Write(path); });
}

TruthFile::~TruthFile() { End(true); }

void TruthFile::Add(Batch rows) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return done_ || queue_.size() < kQueuedBatches; });
  if (error_) {
    std::rethrow_exception(error_);
  }
  queue_.push_back(std::move(rows));
  changed_.notify_all();
}

void TruthFile::Close() {
  End(false);
  writer_.join();
  if (error_) {
    std::rethrow_exception(error_);
  }
}

void TruthFile::End(bool give_up) {
  const std::lock_guard lock(mutex_);
  given_up_ = give_up && !ended_;
  ended_ = true;
  changed_.notify_all();
}

std::optional<Batch> TruthFile::Next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_ || !queue_.empty(); });
  if (given_up_) {
    throw CancelledError();
  }
  if (queue_.empty()) {
    return std::nullopt;
  }
  Batch rows = std::move(queue_.front());
  queue_.pop_front();
  changed_.notify_all();
  return rows;
}

void TruthFile::Write(const std::filesystem::path& path) {
  std::exception_ptr error;
  try {
    connection_
        .Query(fmt::format("COPY (FROM truth_rows) TO {} (FORMAT parquet, COMPRESSION zstd)",
                           sql::QuoteText(path.string())))
        .Rows();
  } catch (...) {
    error = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  error_ = error;
  done_ = true;
  changed_.notify_all();
}

Schema TruthSchema(const std::vector<std::pair<std::string, TypeKind>>& columns) {
  Schema schema;
  for (const auto& [name, kind] : columns) {
    schema.fields.push_back({.name = name, .type = PlainType(kind), .nullable = false});
  }
  return schema;
}

}  // namespace weir::world
