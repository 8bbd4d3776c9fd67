#include <string>
#include <utility>

#include "base/error.h"
#include "sql/arrow.h"
#include "sql/cell.h"
#include "sql/database.h"
#include "sql/result_state.h"

namespace weir::sql {

Result::Result(std::unique_ptr<State> state) : state_(std::move(state)) {}
Result::Result(Result&&) noexcept = default;
Result& Result::operator=(Result&&) noexcept = default;
Result::~Result() = default;

std::vector<std::string> Result::column_names() const {
  std::vector<std::string> names;
  for (const ResultColumn& column : state_->columns()) {
    names.push_back(column.name);
  }
  return names;
}

std::vector<std::string> Result::column_type_names() const {
  std::vector<std::string> names;
  for (const ResultColumn& column : state_->columns()) {
    names.push_back(TypeName(column.type.get()));
  }
  return names;
}

Schema Result::schema() const { return ToSchema(state_->columns()); }

std::optional<Batch> Result::NextBatch() {
  const OwnedDataChunk chunk = state_->Next();
  if (!chunk) {
    return std::nullopt;
  }
  return ToBatch(state_->arrow_options(), chunk.get());
}

OwnedArrowSchema Result::arrow_schema() const {
  return ToArrowSchema(state_->arrow_options(), state_->columns());
}

std::vector<std::vector<Value>> Result::Rows() {
  std::vector<std::vector<Value>> rows;
  while (const OwnedDataChunk chunk = state_->Next()) {
    for (std::size_t row = 0; row < duckdb_data_chunk_get_size(chunk.get()); ++row) {
      rows.push_back(state_->RowAt(chunk.get(), row));
    }
  }
  return rows;
}

Value Result::Cell() {
  const std::vector<std::vector<Value>> rows = Rows();
  if (rows.size() != 1 || rows.front().size() != 1) {
    throw UserError("one row of one column is expected; the query gave {} rows of {} columns",
                    rows.size(), state_->columns().size());
  }
  return rows.front().front();
}

bool ChunkReader::gives_rows() const { return result_->state_->gives_rows(); }

std::size_t ChunkReader::num_columns() const { return result_->state_->columns().size(); }

duckdb_logical_type ChunkReader::column_type(std::size_t column) const {
  return result_->state_->columns().at(column).type.get();
}

OwnedDataChunk ChunkReader::Next() { return result_->state_->Next(); }

}  // namespace weir::sql
