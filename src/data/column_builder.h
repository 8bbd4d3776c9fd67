#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "data/batch.h"

// Columns in Arrow's layout, filled row by row. Finish() hands the memory on without a copy and
// leaves the column empty. A column fits the DataType that its comment names; what the reader is
// told about types stands in the Schema beside the batch. Not thread-safe: one writer per column.
namespace weir {

// One bit a row, least significant first, padded to whole words.
class BitColumn {
 public:
  void Append(bool bit) {
    if (size_ % 64 == 0) {
      words_.push_back(0);
    }
    words_.back() |= static_cast<std::uint64_t>(bit) << (size_ % 64);
    ++size_;
  }
  std::size_t size() const { return size_; }
  std::vector<std::uint64_t> Take() {
    size_ = 0;
    return std::exchange(words_, {});
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_ = 0;
};

// Which rows hold a value. Costs nothing until the first null.
class Validity {
 public:
  void AppendValue() {
    if (nulls_ != 0) {
      bits_.Append(true);
    }
    ++rows_;
  }
  void AppendNull();
  void AppendValues(std::size_t rows);
  std::size_t rows() const { return rows_; }
  std::int64_t nulls() const { return nulls_; }
  // Empty if there is no null.
  std::vector<std::uint64_t> Take();

 private:
  BitColumn bits_;
  std::size_t rows_ = 0;
  std::int64_t nulls_ = 0;
};

// Rows of kString or kBinary.
class TextColumn {
 public:
  // Throws std::length_error past 2 GiB of text in one column.
  void Append(std::string_view text) {
    const std::size_t end = size_ + text.size();
    if (end > bytes_.size()) {
      Grow(end);
    }
    if (!text.empty()) {
      std::memcpy(bytes_.data() + size_, text.data(), text.size());
    }
    size_ = end;
    ends_.push_back(static_cast<std::int32_t>(end));
    validity_.AppendValue();
  }
  void AppendNull() {
    ends_.push_back(static_cast<std::int32_t>(size_));
    validity_.AppendNull();
  }
  // `rows` rows of the same text.
  void AppendRepeated(std::string_view text, std::size_t rows);
  void AppendNulls(std::size_t rows);
  // An empty text is null.
  void AppendOrNull(std::string_view text) { text.empty() ? AppendNull() : Append(text); }
  std::size_t num_rows() const { return validity_.rows(); }
  std::size_t num_bytes() const { return size_; }
  // Of a row that is there; empty if it is null. Valid until the next change.
  std::string_view At(std::size_t row) const {
    return {bytes_.data() + ends_[row], static_cast<std::size_t>(ends_[row + 1] - ends_[row])};
  }
  void Reserve(std::size_t rows, std::size_t bytes);
  Batch Finish();

 private:
  void Grow(std::size_t needed);

  Validity validity_;
  std::vector<std::int32_t> ends_{0};
  std::vector<char> bytes_;  // longer than what is used of it
  std::size_t size_ = 0;
};

// Rows of kInteger (std::int32_t), kLong or kTimestamp (std::int64_t), kDouble (double).
template <typename Number>
class NumberColumn {
 public:
  void Append(Number number) {
    values_.push_back(number);
    validity_.AppendValue();
  }
  void AppendNull() {
    values_.push_back(0);
    validity_.AppendNull();
  }
  std::size_t num_rows() const { return validity_.rows(); }
  void Reserve(std::size_t rows) { values_.reserve(rows); }
  Batch Finish();

 private:
  Validity validity_;
  std::vector<Number> values_;
};

extern template class NumberColumn<std::int32_t>;
extern template class NumberColumn<std::int64_t>;
extern template class NumberColumn<double>;

// Rows of kBoolean.
class BooleanColumn {
 public:
  void Append(bool value) {
    values_.Append(value);
    validity_.AppendValue();
  }
  void AppendNull() {
    values_.Append(false);
    validity_.AppendNull();
  }
  std::size_t num_rows() const { return validity_.rows(); }
  Batch Finish();

 private:
  Validity validity_;
  BitColumn values_;
};

// The rows of a list: where each one's elements end. See ListColumn.
class ListEnds {
 public:
  // Ends a row at element `end`, the number of elements so far. Throws std::length_error past 2^31.
  void Append(std::size_t end);
  void AppendNull();
  std::size_t num_rows() const { return validity_.rows(); }
  Batch Finish(Batch elements);

 private:
  Validity validity_;
  std::vector<std::int32_t> ends_{0};
};

// Rows of kArray. `Elements` is a column: it has num_rows() and Finish().
template <typename Elements>
class ListColumn {
 public:
  // The elements of the row that the next EndRow() ends are appended here.
  Elements& elements() { return elements_; }
  void EndRow() { ends_.Append(elements_.num_rows()); }
  void AppendNull() { ends_.AppendNull(); }
  std::size_t num_rows() const { return ends_.num_rows(); }
  Batch Finish() { return ends_.Finish(elements_.Finish()); }

 private:
  Elements elements_;
  ListEnds ends_;
};

// A struct without nulls of its own, or a record batch, of these columns, in order; all have
// `num_rows` rows.
Batch StructOfColumns(std::size_t num_rows, std::vector<Batch> columns);

}  // namespace weir
