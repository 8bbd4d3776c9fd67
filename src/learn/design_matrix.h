#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learn/token_histories.h"
#include "learn/vocabulary.h"

namespace weir::learn {

// Rows, or entries, [begin, end).
struct RowRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Some people's tokens as a sparse matrix, by rows and by columns, in blocks of rows (folds) that
// lie together, so that every fold's training rows are at most two ranges and nothing is copied
// for it. Columns are the vocabulary's terms that occur in these rows and aren't masked, the most
// frequent first (their weights then share few cache lines). 12 bytes an entry.
class DesignMatrix {
 public:
  // `folds[f]` lists people of `histories`, the rows of block f in that order. `is_masked` has one
  // entry a term of the vocabulary, or none.
  DesignMatrix(const TokenHistories& histories, const Vocabulary& vocabulary,
               std::span<const std::vector<std::uint32_t>> folds,
               const std::vector<bool>& is_masked);

  std::size_t num_rows() const { return row_offsets_.size() - 1; }
  std::size_t num_columns() const { return terms_.size(); }
  std::size_t num_entries() const { return columns_.size(); }
  std::size_t num_folds() const { return fold_ends_.size(); }
  std::uint16_t max_days() const { return max_days_; }

  // By column: its term in the vocabulary.
  std::span<const std::uint32_t> terms() const { return terms_; }

  RowRange FoldRows(std::size_t fold) const;
  // Every row but those of `fold`.
  std::vector<RowRange> RowsWithout(std::size_t fold) const;
  std::vector<RowRange> AllRows() const;

  // Entries of one row: columns ascending, and days beside them.
  std::span<const std::uint32_t> RowColumns(std::size_t row) const {
    return std::span(columns_).subspan(row_offsets_[row],
                                       row_offsets_[row + 1] - row_offsets_[row]);
  }
  std::span<const std::uint16_t> RowDays(std::size_t row) const {
    return std::span(days_).subspan(row_offsets_[row], row_offsets_[row + 1] - row_offsets_[row]);
  }

  // Where the entries of `column` in the rows of folds [first, last) stand in entry_rows() and
  // entry_days(); rows ascending.
  RowRange ColumnEntries(std::size_t column, std::size_t first, std::size_t last) const {
    const std::size_t base = column * num_folds();
    return {.begin = entry_offsets_[base + first], .end = entry_offsets_[base + last]};
  }
  std::span<const std::uint32_t> entry_rows() const { return entry_rows_; }
  std::span<const std::uint16_t> entry_days() const { return entry_days_; }

 private:
  void ChooseColumns(const TokenHistories& histories, const Vocabulary& vocabulary,
                     std::span<const std::vector<std::uint32_t>> folds,
                     const std::vector<bool>& is_masked);
  void FillRows(const TokenHistories& histories, const Vocabulary& vocabulary,
                std::span<const std::vector<std::uint32_t>> folds);
  void FillColumns();

  std::vector<std::size_t> fold_ends_;
  std::vector<std::uint32_t> terms_;
  std::vector<std::uint32_t> column_of_term_;
  std::vector<std::size_t> row_offsets_;
  std::vector<std::uint32_t> columns_;
  std::vector<std::uint16_t> days_;
  std::vector<std::size_t> entry_offsets_;  // columns × folds + 1
  std::vector<std::uint32_t> entry_rows_;
  std::vector<std::uint16_t> entry_days_;
  std::uint16_t max_days_ = 0;
};

}  // namespace weir::learn
