#include "operators/identity/chosen_rows.h"

#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "data/cells.h"
#include "data/column_builder.h"
#include "operators/appended_column.h"

namespace weir::operators {
namespace {

using RowNumbers = std::vector<std::int64_t>;

Batch ChosenTexts(const ArrowArray& column, const RowNumbers& rows) {
  TextColumn chosen;
  for (const std::int64_t row : rows) {
    if (IsNullAt(column, row)) {
      chosen.AppendNull();
    } else {
      chosen.Append(BytesAt(column, row));
    }
  }
  return chosen.Finish();
}

Batch ChosenNumbers(const ArrowArray& column, const RowNumbers& rows) {
  const auto* numbers = static_cast<const std::int64_t*>(column.buffers[1]) + column.offset;
  NumberColumn<std::int64_t> chosen;
  for (const std::int64_t row : rows) {
    if (IsNullAt(column, row)) {
      chosen.AppendNull();
    } else {
      chosen.Append(numbers[row]);
    }
  }
  return chosen.Finish();
}

}  // namespace

Batch ChosenRows(const Batch& rows, const Schema& schema,
                 const std::function<bool(const ArrowArray& rows, std::int64_t row)>& keep) {
  RowNumbers chosen;
  for (std::int64_t row = 0; row < rows.num_rows(); ++row) {
    if (keep(*rows.get(), row)) {
      chosen.push_back(row);
    }
  }
  std::vector<Batch> columns;
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const ArrowArray& column = *rows.get()->children[i];
    const TypeKind kind = schema.fields[i].type.kind;
    if (kind == TypeKind::kString) {
      columns.push_back(ChosenTexts(column, chosen));
    } else if (kind == TypeKind::kLong || kind == TypeKind::kTimestamp) {
      columns.push_back(ChosenNumbers(column, chosen));
    } else {
      throw std::logic_error("a column that rows can't be chosen from");
    }
  }
  return StructOfColumns(chosen.size(), std::move(columns));
}

}  // namespace weir::operators
