#include "operators/appended_column.h"

#include <array>
#include <memory>
#include <utility>

namespace weir::operators {
namespace {

// What the new batch owns: the old one, and its own structs around that one's buffers.
struct Extended {
  Batch rows;
  std::vector<std::int64_t> integers;
  std::vector<ArrowArray> columns;
  std::vector<ArrowArray*> children;
  std::array<const void*, 2> integer_buffers{};
  std::array<const void*, 1> row_buffers{};
};

void ReleaseNothing(ArrowArray* array) { array->release = nullptr; }

void ReleaseExtended(ArrowArray* array) {
  const std::unique_ptr<Extended> owned(static_cast<Extended*>(array->private_data));
  array->release = nullptr;
}

ArrowArray IntegerColumn(Extended& extended) {
  extended.integer_buffers = {nullptr, extended.integers.data()};
  return {.length = static_cast<std::int64_t>(extended.integers.size()),
          .null_count = 0,
          .offset = 0,
          .n_buffers = 2,
          .n_children = 0,
          .buffers = extended.integer_buffers.data(),
          .children = nullptr,
          .dictionary = nullptr,
          .release = ReleaseNothing,
          .private_data = nullptr};
}

}  // namespace

Batch AppendIntegers(Batch rows, std::size_t num_columns, std::vector<std::int64_t> integers) {
  auto extended = std::make_unique<Extended>();
  extended->rows = std::move(rows);
  extended->integers = std::move(integers);
  const ArrowArray& source = *extended->rows.get();
  for (std::size_t column = 0; column < num_columns; ++column) {
    ArrowArray& kept = extended->columns.emplace_back(*source.children[column]);
    kept.offset += source.offset;
    kept.length = source.length;
    kept.release = ReleaseNothing;
  }
  extended->columns.push_back(IntegerColumn(*extended));
  for (ArrowArray& column : extended->columns) {
    extended->children.push_back(&column);
  }

  Batch batch;
  *batch.get() = {.length = source.length,
                  .null_count = 0,
                  .offset = 0,
                  .n_buffers = 1,
                  .n_children = static_cast<std::int64_t>(extended->children.size()),
                  .buffers = extended->row_buffers.data(),
                  .children = extended->children.data(),
                  .dictionary = nullptr,
                  .release = ReleaseExtended,
                  .private_data = nullptr};
  batch.get()->private_data = extended.release();
  return batch;
}

}  // namespace weir::operators
