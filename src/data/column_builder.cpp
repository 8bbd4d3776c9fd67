#include "data/column_builder.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <memory>
#include <stdexcept>

namespace weir {
namespace {

constexpr std::size_t kSmallestText = 256;  // bytes of a column that has any

// What one array owns: the buffers under the layout's pointers, and its parts.
struct Memory {
  std::vector<std::uint64_t> validity;
  std::vector<std::shared_ptr<const void>> owners;
  std::vector<const void*> buffers;
  std::vector<Batch> parts;
  std::vector<ArrowArray*> part_pointers;
};

void ReleaseMemory(ArrowArray* array) {
  const std::unique_ptr<Memory> memory(static_cast<Memory*>(array->private_data));
  array->release = nullptr;
}

template <typename Values>
void AddBuffer(Memory& memory, Values values) {
  auto owner = std::make_shared<const Values>(std::move(values));
  memory.buffers.push_back(owner->data());
  memory.owners.push_back(std::move(owner));
}

Batch Assemble(std::int64_t rows, std::int64_t nulls, std::unique_ptr<Memory> memory) {
  memory->buffers[0] = memory->validity.empty() ? nullptr : memory->validity.data();
  for (Batch& part : memory->parts) {
    memory->part_pointers.push_back(part.get());
  }
  Batch batch;
  *batch.get() = {.length = rows,
                  .null_count = nulls,
                  .offset = 0,
                  .n_buffers = static_cast<std::int64_t>(memory->buffers.size()),
                  .n_children = static_cast<std::int64_t>(memory->parts.size()),
                  .buffers = memory->buffers.data(),
                  .children = memory->part_pointers.data(),
                  .dictionary = nullptr,
                  .release = ReleaseMemory,
                  .private_data = memory.release()};  // ReleaseMemory takes it back
  return batch;
}

// The rows of `validity`, which is empty afterwards, over one or two buffers of values.
template <typename... Buffers>
Batch FinishColumn(Validity& validity, Buffers... buffers) {
  const auto rows = static_cast<std::int64_t>(validity.rows());
  const std::int64_t nulls = validity.nulls();
  auto memory = std::make_unique<Memory>();
  memory->validity = validity.Take();
  memory->buffers.push_back(nullptr);
  (AddBuffer(*memory, std::move(buffers)), ...);
  return Assemble(rows, nulls, std::move(memory));
}

// Where a row of 32-bit ends ends.
std::int32_t EndOf(std::size_t size) {
  if (size > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw std::length_error("a column of a batch holds at most 2^31 - 1 bytes or elements");
  }
  return static_cast<std::int32_t>(size);
}

}  // namespace

void Validity::AppendNull() {
  if (nulls_ == 0) {
    for (std::size_t row = 0; row < rows_; ++row) {
      bits_.Append(true);
    }
  }
  bits_.Append(false);
  ++nulls_;
  ++rows_;
}

void Validity::AppendValues(std::size_t rows) {
  if (nulls_ == 0) {
    rows_ += rows;
    return;
  }
  for (; rows > 0; --rows) {
    AppendValue();
  }
}

std::vector<std::uint64_t> Validity::Take() {
  rows_ = 0;
  nulls_ = 0;
  return bits_.Take();
}

void TextColumn::Grow(std::size_t needed) {
  EndOf(needed);
  bytes_.resize(std::max({needed, bytes_.size() * 2, kSmallestText}));
}

void TextColumn::AppendRepeated(std::string_view text, std::size_t rows) {
  const std::size_t end = size_ + rows * text.size();
  if (end > bytes_.size()) {
    Grow(end);
  }
  for (std::size_t row = 0; row < rows; ++row) {
    std::ranges::copy(text, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += text.size();
    ends_.push_back(static_cast<std::int32_t>(size_));
  }
  validity_.AppendValues(rows);
}

void TextColumn::AppendNulls(std::size_t rows) {
  ends_.insert(ends_.end(), rows, ends_.back());
  for (std::size_t row = 0; row < rows; ++row) {
    validity_.AppendNull();
  }
}

void TextColumn::Reserve(std::size_t rows, std::size_t bytes) {
  ends_.reserve(rows + 1);
  if (bytes > bytes_.size()) {
    bytes_.resize(bytes);
  }
}

Batch TextColumn::Finish() {
  size_ = 0;
  return FinishColumn(validity_, std::exchange(ends_, {0}), std::exchange(bytes_, {}));
}

template <typename Number>
Batch NumberColumn<Number>::Finish() {
  return FinishColumn(validity_, std::exchange(values_, {}));
}

template class NumberColumn<std::int32_t>;
template class NumberColumn<std::int64_t>;
template class NumberColumn<double>;

Batch BooleanColumn::Finish() { return FinishColumn(validity_, values_.Take()); }

void ListEnds::Append(std::size_t end) {
  ends_.push_back(EndOf(end));
  validity_.AppendValue();
}

void ListEnds::AppendNull() {
  ends_.push_back(ends_.back());
  validity_.AppendNull();
}

Batch ListEnds::Finish(Batch elements) {
  const auto rows = static_cast<std::int64_t>(validity_.rows());
  const std::int64_t nulls = validity_.nulls();
  auto memory = std::make_unique<Memory>();
  memory->validity = validity_.Take();
  memory->buffers.push_back(nullptr);
  AddBuffer(*memory, std::exchange(ends_, {0}));
  memory->parts.push_back(std::move(elements));
  return Assemble(rows, nulls, std::move(memory));
}

Batch StructOfColumns(std::size_t num_rows, std::vector<Batch> columns) {
  auto memory = std::make_unique<Memory>();
  memory->buffers.push_back(nullptr);
  memory->parts = std::move(columns);
  for ([[maybe_unused]] const Batch& part : memory->parts) {
    assert(part.num_rows() == static_cast<std::int64_t>(num_rows));
  }
  return Assemble(static_cast<std::int64_t>(num_rows), 0, std::move(memory));
}

}  // namespace weir
