#include "sql/arrow.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "sql/error.h"

namespace weir::sql {
namespace {

// What a slice of one column owns: its own ArrowArray structs around the buffers of `batch`.
struct Slice {
  std::shared_ptr<const Batch> batch;
  std::deque<ArrowArray> arrays;
  std::deque<std::vector<ArrowArray*>> children;
  std::deque<std::array<const void*, 1>> buffers;
  std::deque<std::vector<std::uint8_t>> bitmaps;
};

void ReleaseSlice(ArrowArray* array) {
  const std::unique_ptr<Slice> slice(static_cast<Slice*>(array->private_data));
  array->release = nullptr;
}

void ReleaseNothing(ArrowArray* array) { array->release = nullptr; }

// Bits [first, first + count) of `bits` from bit 0 on, one byte more than needed.
std::vector<std::uint8_t> CopyBits(const void* bits, std::int64_t first, std::int64_t count) {
  const auto* source = static_cast<const std::uint8_t*>(bits);
  std::vector<std::uint8_t> copy(static_cast<std::size_t>(count / 8 + 2));
  for (std::int64_t index = 0; index < count; ++index) {
    const std::int64_t from = first + index;
    const unsigned bit = (source[from / 8] >> (from % 8)) & 1U;
    copy[static_cast<std::size_t>(index / 8)] |= static_cast<std::uint8_t>(bit << (index % 8));
  }
  return copy;
}

// Cuts rows out of `source`. Structs get a bitmap of their own and hand the offset on to their
// parts, because DuckDB 1.5.5 forgets the offset of a struct that holds structs.
ArrowArray* Cut(Slice& slice, const ArrowArray& source, std::int64_t first, std::int64_t count) {
  ArrowArray& cut = slice.arrays.emplace_back(source);
  cut.release = ReleaseNothing;
  cut.private_data = nullptr;
  cut.length = count;
  cut.null_count = source.null_count == 0 ? 0 : -1;
  cut.offset = source.offset + first;
  const bool is_struct = source.n_buffers == 1 && source.n_children > 0;
  if (!is_struct) {
    return &cut;
  }
  if (source.buffers[0] != nullptr && cut.null_count != 0) {
    slice.bitmaps.push_back(CopyBits(source.buffers[0], cut.offset, count));
    cut.buffers =
        slice.buffers.emplace_back(std::array<const void*, 1>{slice.bitmaps.back().data()}).data();
  }
  std::vector<ArrowArray*>& parts = slice.children.emplace_back();
  for (std::int64_t part = 0; part < source.n_children; ++part) {
    parts.push_back(Cut(slice, *source.children[part], cut.offset, count));
  }
  cut.children = parts.data();
  cut.offset = 0;
  return &cut;
}

}  // namespace

OwnedArrowSchema ToArrowSchema(duckdb_arrow_options options,
                               const std::vector<ResultColumn>& columns) {
  std::vector<duckdb_logical_type> types;
  std::vector<const char*> names;
  for (const ResultColumn& column : columns) {
    types.push_back(column.type.get());
    names.push_back(column.name.c_str());
  }
  OwnedArrowSchema schema;
  CheckError(
      duckdb_to_arrow_schema(options, types.data(), names.data(), types.size(), schema.get()));
  return schema;
}

Batch ToBatch(duckdb_arrow_options options, duckdb_data_chunk chunk) {
  Batch batch;
  CheckError(duckdb_data_chunk_to_arrow(options, chunk, batch.get()));
  return batch;
}

Batch SliceColumn(const std::shared_ptr<const Batch>& batch, std::size_t column, std::int64_t first,
                  std::int64_t count) {
  auto slice = std::make_unique<Slice>();
  slice->batch = batch;
  const ArrowArray& rows = *batch->get();
  const std::int64_t begin = rows.offset + first;
  slice->children.push_back({Cut(*slice, *rows.children[column], begin, count)});
  slice->buffers.push_back({nullptr});

  Batch cut;
  *cut.get() = {.length = count,
                .null_count = 0,
                .offset = 0,
                .n_buffers = 1,
                .n_children = 1,
                .buffers = slice->buffers.back().data(),
                .children = slice->children.back().data(),
                .dictionary = nullptr,
                .release = ReleaseSlice,
                .private_data = nullptr};
  cut.get()->private_data = slice.release();
  return cut;
}

}  // namespace weir::sql
