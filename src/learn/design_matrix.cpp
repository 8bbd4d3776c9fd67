#include "learn/design_matrix.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace weir::learn {
namespace {

// Entries of one person: where they begin and end in the histories.
std::pair<std::size_t, std::size_t> EntriesOf(const TokenHistories& histories,
                                              std::uint32_t person) {
  return {histories.offsets[person], histories.offsets[person + 1]};
}

void CountTerms(const TokenHistories& histories, const Vocabulary& vocabulary,
                const std::vector<std::uint32_t>& people, std::vector<std::size_t>& rows_with) {
  for (const std::uint32_t person : people) {
    const auto [begin, end] = EntriesOf(histories, person);
    for (std::size_t entry = begin; entry < end; ++entry) {
      const std::uint32_t term = vocabulary.term_of[histories.tokens[entry]];
      if (term != Vocabulary::kNotIn) {
        ++rows_with[term];
      }
    }
  }
}

// The columns of a person, in order, each with its days.
void ReadRow(const TokenHistories& histories, const Vocabulary& vocabulary,
             std::span<const std::uint32_t> column_of_term, std::uint32_t person,
             std::vector<std::pair<std::uint32_t, std::uint16_t>>& row) {
  row.clear();
  const auto [begin, end] = EntriesOf(histories, person);
  for (std::size_t entry = begin; entry < end; ++entry) {
    const std::uint32_t term = vocabulary.term_of[histories.tokens[entry]];
    if (term != Vocabulary::kNotIn && column_of_term[term] != Vocabulary::kNotIn) {
      row.emplace_back(column_of_term[term], histories.days[entry]);
    }
  }
  std::ranges::sort(row);
}

}  // namespace

DesignMatrix::DesignMatrix(const TokenHistories& histories, const Vocabulary& vocabulary,
                           std::span<const std::vector<std::uint32_t>> folds,
                           const std::vector<bool>& is_masked) {
  ChooseColumns(histories, vocabulary, folds, is_masked);
  FillRows(histories, vocabulary, folds);
  FillColumns();
}

void DesignMatrix::ChooseColumns(const TokenHistories& histories, const Vocabulary& vocabulary,
                                 std::span<const std::vector<std::uint32_t>> folds,
                                 const std::vector<bool>& is_masked) {
  std::vector<std::size_t> rows_with(vocabulary.tokens.size());
  for (const std::vector<std::uint32_t>& people : folds) {
    CountTerms(histories, vocabulary, people, rows_with);
  }
  for (std::uint32_t term = 0; term < rows_with.size(); ++term) {
    if (rows_with[term] > 0 && (is_masked.empty() || !is_masked[term])) {
      terms_.push_back(term);
    }
  }
  std::ranges::stable_sort(terms_, std::greater{},
                           [&](std::uint32_t term) { return rows_with[term]; });
  column_of_term_.assign(vocabulary.tokens.size(), Vocabulary::kNotIn);
  for (std::uint32_t column = 0; column < terms_.size(); ++column) {
    column_of_term_[terms_[column]] = column;
  }
}

void DesignMatrix::FillRows(const TokenHistories& histories, const Vocabulary& vocabulary,
                            std::span<const std::vector<std::uint32_t>> folds) {
  row_offsets_.push_back(0);
  std::vector<std::pair<std::uint32_t, std::uint16_t>> row;
  for (const std::vector<std::uint32_t>& people : folds) {
    for (const std::uint32_t person : people) {
      ReadRow(histories, vocabulary, column_of_term_, person, row);
      for (const auto& [column, days] : row) {
        columns_.push_back(column);
        days_.push_back(days);
        max_days_ = std::max(max_days_, days);
      }
      row_offsets_.push_back(columns_.size());
    }
    fold_ends_.push_back(row_offsets_.size() - 1);
  }
}

void DesignMatrix::FillColumns() {
  const std::size_t num_folds = fold_ends_.size();
  entry_offsets_.assign(num_columns() * num_folds + 1, 0);
  for (std::size_t fold = 0; fold < num_folds; ++fold) {
    const RowRange rows = FoldRows(fold);
    for (std::size_t at = row_offsets_[rows.begin]; at < row_offsets_[rows.end]; ++at) {
      ++entry_offsets_[columns_[at] * num_folds + fold + 1];
    }
  }
  std::partial_sum(entry_offsets_.begin(), entry_offsets_.end(), entry_offsets_.begin());

  std::vector<std::size_t> next(num_columns());
  for (std::size_t column = 0; column < next.size(); ++column) {
    next[column] = entry_offsets_[column * num_folds];
  }
  entry_rows_.resize(columns_.size());
  entry_days_.resize(columns_.size());
  for (std::size_t row = 0; row < num_rows(); ++row) {
    for (std::size_t at = row_offsets_[row]; at < row_offsets_[row + 1]; ++at) {
      const std::size_t entry = next[columns_[at]]++;
      entry_rows_[entry] = static_cast<std::uint32_t>(row);
      entry_days_[entry] = days_[at];
    }
  }
}

RowRange DesignMatrix::FoldRows(std::size_t fold) const {
  return {.begin = fold == 0 ? 0 : fold_ends_[fold - 1], .end = fold_ends_[fold]};
}

std::vector<RowRange> DesignMatrix::RowsWithout(std::size_t fold) const {
  const RowRange held_out = FoldRows(fold);
  std::vector<RowRange> rows;
  if (held_out.begin > 0) {
    rows.push_back({.begin = 0, .end = held_out.begin});
  }
  if (held_out.end < num_rows()) {
    rows.push_back({.begin = held_out.end, .end = num_rows()});
  }
  return rows;
}

std::vector<RowRange> DesignMatrix::AllRows() const { return {{.begin = 0, .end = num_rows()}}; }

}  // namespace weir::learn
