#include "sql/split_rows.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "sql/connection_state.h"
#include "sql/duckdb_handles.h"
#include "sql/split_registry.h"
#include "sql/types.h"
#include "sql/vector_view.h"

namespace weir::sql {
namespace {

constexpr std::int64_t kAllRows = -1;  // in place of a group
constexpr auto kRowColumn = "weir_row";

struct SelectionDeleter {
  void operator()(_duckdb_selection_vector* selection) const {
    duckdb_destroy_selection_vector(selection);
  }
};
using OwnedSelection = std::unique_ptr<_duckdb_selection_vector, SelectionDeleter>;

OwnedSelection SelectionOf(const std::vector<sel_t>& rows) {
  OwnedSelection selection(duckdb_create_selection_vector(rows.size()));
  std::ranges::copy(rows, duckdb_selection_vector_get_data_ptr(selection.get()));
  return selection;
}

// A group's rows in one chunk.
struct GroupPiece {
  std::size_t chunk = 0;
  OwnedSelection rows;
  std::size_t num_rows = 0;
};

// Finds the number of a group by its key. Rows of a few groups follow each other in most data, so
// that a look at a group found before, chosen by the last bytes of the key, is mostly enough.
class GroupNumbers {
 public:
  // The number of the group that the row is of; the next one for a new key.
  std::size_t Of(const std::vector<VectorView>& columns, const std::vector<std::size_t>& keys,
                 std::size_t row) {
    parts_.clear();
    std::size_t place = 0;
    for (const std::size_t key : keys) {
      const bool is_null = columns[key].IsNull(row);
      const std::string_view bytes = is_null ? std::string_view() : columns[key].BytesAt(row);
      parts_.push_back({.size = is_null ? std::string_view::npos : bytes.size(), .bytes = bytes});
      place = place * 7 + (bytes.empty() ? 0 : static_cast<unsigned char>(bytes.back()));
    }
    Recent& recent = recent_.at(place % recent_.size());
    if (!Is(recent.key)) {
      recent = {.key = Text(), .number = 0};
      recent.number = numbers_.try_emplace(recent.key, numbers_.size()).first->second;
    }
    return recent.number;
  }

 private:
  struct Part {
    std::size_t size = 0;  // npos: null
    std::string_view bytes;
  };
  struct Recent {
    std::string key;  // empty: none yet
    std::size_t number = 0;
  };

  // Whether `key` is what Text() would give.
  bool Is(std::string_view key) const {
    for (const Part& part : parts_) {
      std::size_t size = 0;
      if (key.size() < sizeof(size) + part.bytes.size()) {
        return false;
      }
      std::memcpy(&size, key.data(), sizeof(size));
      if (size != part.size || key.substr(sizeof(size), part.bytes.size()) != part.bytes) {
        return false;
      }
      key.remove_prefix(sizeof(size) + part.bytes.size());
    }
    return key.empty();
  }

  // Sizes and bytes of the parts.
  std::string Text() const {
    std::string text;
    for (const Part& part : parts_) {
      text.append(reinterpret_cast<const char*>(&part.size), sizeof(part.size));
      text += part.bytes;
    }
    return text;
  }

  std::vector<Part> parts_;  // of the row at hand
  std::array<Recent, 32> recent_;
  std::unordered_map<std::string, std::size_t> numbers_;
};

// What a chunk takes: every column is as long as a chunk may be, and long texts lie apart.
std::uint64_t BytesOf(const std::vector<VectorView>& columns, std::size_t num_rows) {
  constexpr std::uint64_t kWidest = 16;
  constexpr std::size_t kInlined = 12;
  constexpr std::uint64_t kElement = 40;
  std::uint64_t bytes = duckdb_vector_size() * kWidest * columns.size();
  for (const VectorView& column : columns) {
    const duckdb_type type = column.shape->id;
    if (type == DUCKDB_TYPE_LIST || type == DUCKDB_TYPE_MAP) {
      bytes += duckdb_list_vector_get_size(column.vector) * kElement;
    } else if (type == DUCKDB_TYPE_VARCHAR || type == DUCKDB_TYPE_BLOB) {
      for (std::size_t row = 0; row < num_rows; ++row) {
        const std::size_t size = column.IsNull(row) ? 0 : column.BytesAt(row).size();
        bytes += size > kInlined ? size : 0;
      }
    }
  }
  return bytes;
}

}  // namespace

struct SplitRows::State {
  std::vector<std::string> names;
  std::vector<TypeShape> shapes;
  std::vector<OwnedDataChunk> chunks;
  std::vector<Group> groups;
  std::vector<std::vector<GroupPiece>> pieces;  // by group

  std::mutex rest_mutex;       // guards what follows
  std::optional<Result> rest;  // absent: there are no more rows
  Session* reader = nullptr;   // gets what `rest` throws
  bool is_taken = false;       // by the one who may read all rows

  explicit State(Result result) : rest(std::move(result)) {
    names = rest->column_names();
    const ChunkReader reading(*rest);
    for (std::size_t column = 0; column < names.size(); ++column) {
      shapes.push_back(ShapeOf(CopyOf(reading.column_type(column))));
    }
  }

  // The next chunk of the query, null at its end or when nobody wants it any more.
  OwnedDataChunk Next() {
    const std::scoped_lock lock(rest_mutex);
    OwnedDataChunk chunk = rest ? ChunkReader(*rest).Next() : nullptr;
    if (!chunk) {
      rest.reset();
    }
    return chunk;
  }

  void ReadUntil(const SplitLimits& limits, const std::vector<std::size_t>& keys) {
    GroupNumbers numbers;
    std::int64_t num_rows = 0;
    std::uint64_t num_bytes = 0;
    while (num_rows <= limits.rows && num_bytes <= limits.bytes) {
      OwnedDataChunk chunk = Next();
      if (!chunk) {
        return;
      }
      const std::vector<VectorView> columns = ViewsOf(chunk.get());
      const std::size_t rows_of_chunk = duckdb_data_chunk_get_size(chunk.get());
      ShareOut(columns, rows_of_chunk, keys, numbers);
      num_rows += static_cast<std::int64_t>(rows_of_chunk);
      num_bytes += BytesOf(columns, rows_of_chunk);
      chunks.push_back(std::move(chunk));
    }
  }

 private:
  std::vector<VectorView> ViewsOf(duckdb_data_chunk chunk) const {
    std::vector<VectorView> columns;
    columns.reserve(shapes.size());
    for (std::size_t column = 0; column < shapes.size(); ++column) {
      columns.push_back(ViewOf(duckdb_data_chunk_get_vector(chunk, column), shapes[column]));
    }
    return columns;
  }

  // Notes which rows of the chunk that comes next are of which group.
  void ShareOut(const std::vector<VectorView>& columns, std::size_t num_rows,
                const std::vector<std::size_t>& keys, GroupNumbers& numbers) {
    std::vector<std::vector<sel_t>> rows(groups.size());
    std::vector<std::size_t> found;  // groups with rows here
    for (std::size_t row = 0; row < num_rows; ++row) {
      const std::size_t group = numbers.Of(columns, keys, row);
      if (group == groups.size()) {
        groups.push_back({.key = KeyOf(columns, keys, row)});
        pieces.emplace_back();
        rows.emplace_back();
      }
      if (rows[group].empty()) {
        found.push_back(group);
      }
      rows[group].push_back(static_cast<sel_t>(row));
    }
    for (const std::size_t group : found) {
      groups[group].num_rows += std::ssize(rows[group]);
      pieces[group].push_back({.chunk = chunks.size(),
                               .rows = SelectionOf(rows[group]),
                               .num_rows = rows[group].size()});
    }
  }

  static std::vector<std::optional<std::string>> KeyOf(const std::vector<VectorView>& columns,
                                                       const std::vector<std::size_t>& keys,
                                                       std::size_t row) {
    std::vector<std::optional<std::string>> key;
    key.reserve(keys.size());
    for (const std::size_t part : keys) {
      key.push_back(columns[part].IsNull(row)
                        ? std::nullopt
                        : std::optional<std::string>(columns[part].BytesAt(row)));
    }
    return key;
  }
};

namespace {

using SplitState = SplitRegistry::State;

// What a scan reads of a split.
struct SplitPart {
  std::shared_ptr<SplitState> split;
  std::int64_t group = kAllRows;
};

// A scan's place in what it reads. One thread after another.
class SplitScan {
 public:
  SplitScan(SplitPart part, std::vector<std::size_t> projection)
      : part_(std::move(part)), projection_(std::move(projection)) {}

  // The next rows; none at the end.
  void Fill(duckdb_data_chunk output) {
    if (part_.group == kAllRows) {
      FillFromAll(output);
    } else {
      FillFromGroup(part_.split->pieces.at(static_cast<std::size_t>(part_.group)), output);
    }
  }

  SplitState& split() { return *part_.split; }

 private:
  void FillFromGroup(const std::vector<GroupPiece>& pieces, duckdb_data_chunk output) {
    const std::size_t most = duckdb_vector_size();
    std::size_t filled = 0;
    while (filled < most && place_ < pieces.size()) {
      const GroupPiece& piece = pieces[place_];
      const std::size_t end = std::min(piece.num_rows, row_ + most - filled);
      CopyRows(piece, end, filled, output);
      filled += end - row_;
      row_ = end == piece.num_rows ? 0 : end;
      place_ += end == piece.num_rows ? 1 : 0;
    }
    duckdb_data_chunk_set_size(output, filled);
  }

  // Rows of the piece from `row_` to `end`, behind those that the output has.
  void CopyRows(const GroupPiece& piece, std::size_t end, std::size_t filled,
                duckdb_data_chunk output) const {
    duckdb_data_chunk chunk = part_.split->chunks[piece.chunk].get();
    for (std::size_t index = 0; index < projection_.size(); ++index) {
      if (projection_[index] < part_.split->names.size()) {  // else one that nobody reads
        duckdb_vector_copy_sel(duckdb_data_chunk_get_vector(chunk, projection_[index]),
                               duckdb_data_chunk_get_vector(output, index), piece.rows.get(), end,
                               row_, filled);
      }
    }
  }

  void FillFromAll(duckdb_data_chunk output) {
    std::vector<OwnedDataChunk>& kept = part_.split->chunks;
    const OwnedDataChunk chunk =
        place_ < kept.size() ? std::move(kept[place_]) : part_.split->Next();
    ++place_;
    const std::size_t rows = chunk ? duckdb_data_chunk_get_size(chunk.get()) : 0;
    for (std::size_t index = 0; index < projection_.size() && rows > 0; ++index) {
      duckdb_vector column = duckdb_data_chunk_get_vector(output, index);
      if (projection_[index] < part_.split->names.size()) {
        duckdb_vector_reference_vector(
            column, duckdb_data_chunk_get_vector(chunk.get(), projection_[index]));
      } else if (projection_[index] == part_.split->names.size()) {
        auto* const numbers = static_cast<std::int64_t*>(duckdb_vector_get_data(column));
        for (std::size_t row = 0; row < rows; ++row) {
          numbers[row] = static_cast<std::int64_t>(row_ + row);
        }
      }
    }
    row_ += rows;
    duckdb_data_chunk_set_size(output, rows);
  }

  SplitPart part_;
  std::vector<std::size_t> projection_;
  std::size_t place_ = 0;  // piece, or chunk
  std::size_t row_ = 0;    // in the piece, or of all
};

template <typename T>
void DestroyOwned(void* owned) {
  const std::unique_ptr<T> taken(static_cast<T*>(owned));
}

// Runs `work`, and hands an exception to `fail` as its text: none may cross DuckDB's frames.
template <typename Work, typename Fail>
void Contained(const Work& work, const Fail& fail) {
  try {
    work();
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void BindSplit(duckdb_bind_info info) {
  const auto bind = [&] {
    auto& registry = *static_cast<SplitRegistry*>(duckdb_bind_get_extra_info(info));
    const OwnedValue number(duckdb_bind_get_parameter(info, 0));
    const OwnedValue group(duckdb_bind_get_parameter(info, 1));
    auto part = std::make_unique<SplitPart>(
        SplitPart{.split = registry.Find(duckdb_get_int64(number.get())),
                  .group = duckdb_get_int64(group.get())});
    if (!part->split || part->group >= std::ssize(part->split->groups)) {
      throw UserError("weir_split({}, {}) isn't there", duckdb_get_int64(number.get()),
                      part->group);
    }
    for (std::size_t column = 0; column < part->split->names.size(); ++column) {
      duckdb_bind_add_result_column(info, part->split->names[column].c_str(),
                                    part->split->shapes[column].type.get());
    }
    if (part->group == kAllRows) {
      const OwnedLogicalType type(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
      duckdb_bind_add_result_column(info, kRowColumn, type.get());
    }
    duckdb_bind_set_bind_data(info, part.release(), DestroyOwned<SplitPart>);
  };
  Contained(bind, [&](const char* message) { duckdb_bind_set_error(info, message); });
}

void InitSplit(duckdb_init_info info) {
  const auto init = [&] {
    SplitPart part = *static_cast<SplitPart*>(duckdb_init_get_bind_data(info));
    if (part.group == kAllRows) {
      const std::scoped_lock lock(part.split->rest_mutex);
      if (std::exchange(part.split->is_taken, true)) {
        throw std::logic_error("the rows of a split were already taken");
      }
    }
    std::vector<std::size_t> projection;
    projection.reserve(duckdb_init_get_column_count(info));
    for (idx_t index = 0; index < duckdb_init_get_column_count(info); ++index) {
      projection.push_back(duckdb_init_get_column_index(info, index));
    }
    duckdb_init_set_max_threads(info, 1);  // that the order is kept
    duckdb_init_set_init_data(
        info, std::make_unique<SplitScan>(std::move(part), std::move(projection)).release(),
        DestroyOwned<SplitScan>);
  };
  Contained(init, [&](const char* message) { duckdb_init_set_error(info, message); });
}

void FillFromSplit(duckdb_function_info info, duckdb_data_chunk output) {
  auto& scan = *static_cast<SplitScan*>(duckdb_function_get_init_data(info));
  const auto fill = [&] {
    try {
      scan.Fill(output);
    } catch (...) {
      const std::scoped_lock lock(scan.split().rest_mutex);
      if (scan.split().reader != nullptr) {
        scan.split().reader->KeepStreamError(std::current_exception());
      }
      throw;
    }
  };
  Contained(fill, [&](const char* message) { duckdb_function_set_error(info, message); });
}

}  // namespace

SplitRows::SplitRows(Connection& connection, const std::string& select,
                     const std::vector<std::size_t>& keys, const SplitLimits& limits)
    : state_(std::make_shared<State>(connection.Query(select))),
      registry_(HandleAccess::StateOf(connection).database.splits()),
      number_(registry_.Add(state_)) {
  try {
    state_->ReadUntil(limits, keys);
  } catch (...) {
    registry_.Remove(number_);
    state_->rest.reset();
    throw;
  }
}

// A query that failed may hold the state for longer, but not the result of a connection.
SplitRows::~SplitRows() {
  registry_.Remove(number_);
  const std::scoped_lock lock(state_->rest_mutex);
  state_->rest.reset();
  state_->reader = nullptr;
}

bool SplitRows::is_whole() const { return !state_->rest; }

const std::vector<SplitRows::Group>& SplitRows::groups() const { return state_->groups; }

std::string SplitRows::GroupSql(std::size_t group) const {
  return fmt::format("weir_split({}, {})", number_, group);
}

std::string SplitRows::AllSql(Connection& reader) const {
  const std::scoped_lock lock(state_->rest_mutex);
  state_->reader = &HandleAccess::StateOf(reader).session;
  return fmt::format("weir_split({}, {})", number_, kAllRows);
}

std::int64_t SplitRegistry::Add(std::shared_ptr<State> split) {
  const std::scoped_lock lock(mutex_);
  splits_.emplace(++last_, std::move(split));
  return last_;
}

void SplitRegistry::Remove(std::int64_t number) {
  const std::scoped_lock lock(mutex_);
  splits_.erase(number);
}

std::shared_ptr<SplitRegistry::State> SplitRegistry::Find(std::int64_t number) {
  const std::scoped_lock lock(mutex_);
  const auto found = splits_.find(number);
  return found == splits_.end() ? nullptr : found->second;
}

void RegisterSplitFunction(duckdb_connection connection, SplitRegistry& registry) {
  const OwnedTableFunction function(duckdb_create_table_function());
  const OwnedLogicalType number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_table_function_set_name(function.get(), "weir_split");
  duckdb_table_function_add_parameter(function.get(), number.get());
  duckdb_table_function_add_parameter(function.get(), number.get());
  duckdb_table_function_set_extra_info(function.get(), &registry, nullptr);
  duckdb_table_function_set_bind(function.get(), BindSplit);
  duckdb_table_function_set_init(function.get(), InitSplit);
  duckdb_table_function_set_function(function.get(), FillFromSplit);
  duckdb_table_function_supports_projection_pushdown(function.get(), true);
  if (duckdb_register_table_function(connection, function.get()) != DuckDBSuccess) {
    throw ExternalError("DuckDB refuses the table function weir_split");
  }
}

}  // namespace weir::sql
