#include "sql/stream.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "sql/arrow.h"
#include "sql/error.h"

namespace weir::sql {
namespace {

std::vector<ResultColumn> ToColumns(const Schema& schema) {
  std::vector<ResultColumn> columns;
  columns.reserve(schema.fields.size());
  for (const Field& field : schema.fields) {
    columns.push_back({.name = field.name, .type = ToLogicalType(field.type)});
  }
  return columns;
}

// What DuckDB needs to read Arrow columns, for each column by itself.
std::vector<OwnedConvertedSchema> ConvertColumns(duckdb_connection context,
                                                 const std::vector<ResultColumn>& columns) {
  duckdb_arrow_options raw = nullptr;
  duckdb_connection_get_arrow_options(context, &raw);
  const OwnedArrowOptions options(raw);
  std::vector<OwnedConvertedSchema> converted;
  for (const ResultColumn& column : columns) {
    duckdb_logical_type type = column.type.get();
    const char* name = column.name.c_str();
    OwnedArrowSchema schema;
    CheckError(duckdb_to_arrow_schema(options.get(), &type, &name, 1, schema.get()));
    duckdb_arrow_converted_schema handle = nullptr;
    CheckError(duckdb_schema_from_arrow(context, schema.get(), &handle));
    converted.emplace_back(handle);
  }
  return converted;
}

// Parts of nested columns may not have an offset: DuckDB 1.5.5 loses some of them.
bool HasOffset(const ArrowArray& array) {
  return array.offset != 0 || std::any_of(array.children, array.children + array.n_children,
                                          [](const ArrowArray* part) { return HasOffset(*part); });
}

void CheckBatch(const std::string& name, const ArrowArray& batch, std::size_t num_columns) {
  if (batch.n_children != static_cast<std::int64_t>(num_columns)) {
    throw std::logic_error(fmt::format("a batch of relation '{}' has {} columns instead of {}",
                                       name, batch.n_children, num_columns));
  }
  for (std::int64_t column = 0; column < batch.n_children; ++column) {
    const ArrowArray& array = *batch.children[column];
    if (std::any_of(array.children, array.children + array.n_children,
                    [](const ArrowArray* part) { return HasOffset(*part); })) {
      throw std::logic_error(
          fmt::format("a batch of relation '{}' has a nested column with an offset", name));
    }
  }
}

constexpr idx_t kMaxThreads = 64;  // that read one stream; DuckDB uses as many as it has

struct Scan {
  std::shared_ptr<Stream> stream;
  std::vector<std::size_t> projection;
};

template <typename T>
void Destroy(void* owned) {
  const std::unique_ptr<T> taken(static_cast<T*>(owned));
}

// Runs `work`, and hands an exception to `fail` as its text: none may cross DuckDB's frames.
template <typename Work, typename Fail>
void Guarded(Stream* stream, const Work& work, const Fail& fail) {
  try {
    work();
  } catch (const std::exception& error) {
    if (stream != nullptr) {
      stream->Keep(std::current_exception());
    }
    fail(error.what());
  } catch (...) {
    fail("unknown exception in a native stream");
  }
}

void BindStream(duckdb_bind_info info) {
  const auto bind = [&] {
    auto& registry = *static_cast<StreamRegistry*>(duckdb_bind_get_extra_info(info));
    const OwnedValue number(duckdb_bind_get_parameter(info, 0));
    auto stream = registry.Find(duckdb_get_int64(number.get()));
    if (!stream) {
      throw UserError("weir_stream({}) is gone: its relation was replaced or its connection closed",
                      duckdb_get_int64(number.get()));
    }
    for (const ResultColumn& column : stream->columns()) {
      duckdb_bind_add_result_column(info, column.name.c_str(), column.type.get());
    }
    auto data = std::make_unique<std::shared_ptr<Stream>>(std::move(stream));
    duckdb_bind_set_bind_data(info, data.release(), Destroy<std::shared_ptr<Stream>>);
  };
  Guarded(nullptr, bind, [&](const char* message) { duckdb_bind_set_error(info, message); });
}

void InitStream(duckdb_init_info info) {
  auto stream = *static_cast<std::shared_ptr<Stream>*>(duckdb_init_get_bind_data(info));
  const auto init = [&] {
    stream->Begin();
    duckdb_init_set_max_threads(info, kMaxThreads);
    auto scan = std::make_unique<Scan>();
    scan->stream = stream;
    for (idx_t index = 0; index < duckdb_init_get_column_count(info); ++index) {
      scan->projection.push_back(duckdb_init_get_column_index(info, index));
    }
    duckdb_init_set_init_data(info, scan.release(), Destroy<Scan>);
  };
  Guarded(stream.get(), init, [&](const char* message) { duckdb_init_set_error(info, message); });
}

void InitReader(duckdb_init_info info) {
  auto stream = *static_cast<std::shared_ptr<Stream>*>(duckdb_init_get_bind_data(info));
  const auto init = [&] {
    duckdb_init_set_init_data(info, std::make_unique<StreamReader>(*stream).release(),
                              Destroy<StreamReader>);
  };
  Guarded(stream.get(), init, [&](const char* message) { duckdb_init_set_error(info, message); });
}

void FillFromStream(duckdb_function_info info, duckdb_data_chunk output) {
  const auto& scan = *static_cast<Scan*>(duckdb_function_get_init_data(info));
  auto& reader = *static_cast<StreamReader*>(duckdb_function_get_local_init_data(info));
  Guarded(
      scan.stream.get(), [&] { reader.Fill(scan.projection, output); },
      [&](const char* message) { duckdb_function_set_error(info, message); });
}

}  // namespace

Stream::Stream(StreamSource source, duckdb_connection context, Session& session)
    : source_(std::move(source)),
      context_(context),
      session_(session),
      columns_(ToColumns(source_.schema)) {}

void Stream::Begin() {
  if (begun_.exchange(true)) {
    throw UserError(
        "relation '{}' was already read; its rows come once, so keep them in a temporary table to "
        "read them again",
        source_.name);
  }
}

std::shared_ptr<const Batch> Stream::NextBatch() {
  const std::scoped_lock lock(next_mutex_);
  while (source_.next) {
    std::optional<Batch> batch;
    try {
      batch = source_.next();
    } catch (...) {
      source_.next = nullptr;  // other threads must not ask on
      throw;
    }
    if (!batch) {
      source_.next = nullptr;
    } else {
      CheckBatch(source_.name, *batch->get(), columns_.size());
      if (batch->num_rows() > 0) {
        return std::make_shared<const Batch>(*std::move(batch));
      }
    }
  }
  return nullptr;
}

StreamReader::StreamReader(Stream& stream)
    : stream_(stream), converted_(ConvertColumns(stream.context_, stream.columns_)) {}

void StreamReader::Fill(const std::vector<std::size_t>& projection, duckdb_data_chunk output) {
  if (!batch_ || next_row_ == batch_->num_rows()) {
    batch_.reset();
    batch_ = stream_.NextBatch();
    next_row_ = 0;
  }
  if (!batch_) {
    duckdb_data_chunk_set_size(output, 0);
    return;
  }
  const std::int64_t count =
      std::min(static_cast<std::int64_t>(duckdb_vector_size()), batch_->num_rows() - next_row_);
  for (std::size_t index = 0; index < projection.size(); ++index) {
    if (projection[index] <
        stream_.columns_.size()) {  // else a column of DuckDB's that nobody reads
      FillColumn(projection[index], count, duckdb_data_chunk_get_vector(output, index));
    }
  }
  duckdb_data_chunk_set_size(output, static_cast<idx_t>(count));
  next_row_ += count;
}

// Each column is converted by itself, because DuckDB 1.5.5 lets only the first column of a chunk
// from Arrow own the memory that all its columns point to.
void StreamReader::FillColumn(std::size_t column, std::int64_t count, duckdb_vector output) {
  Batch slice = SliceColumn(batch_, column, next_row_, count);
  duckdb_data_chunk raw = nullptr;
  CheckError(
      duckdb_data_chunk_from_arrow(stream_.context_, slice.get(), converted_[column].get(), &raw));
  const OwnedDataChunk chunk(raw);
  duckdb_vector_reference_vector(output, duckdb_data_chunk_get_vector(raw, 0));
}

std::int64_t StreamRegistry::Add(std::shared_ptr<Stream> stream) {
  const std::scoped_lock lock(mutex_);
  streams_.emplace(++last_, std::move(stream));
  return last_;
}

void StreamRegistry::Remove(std::int64_t number) {
  std::shared_ptr<Stream> removed;  // destroyed after the lock is given back
  const std::scoped_lock lock(mutex_);
  if (const auto found = streams_.find(number); found != streams_.end()) {
    removed = std::move(found->second);
    streams_.erase(found);
  }
}

std::shared_ptr<Stream> StreamRegistry::Find(std::int64_t number) {
  const std::scoped_lock lock(mutex_);
  const auto found = streams_.find(number);
  return found == streams_.end() ? nullptr : found->second;
}

void RegisterStreamFunction(duckdb_connection connection, StreamRegistry& registry) {
  const OwnedTableFunction function(duckdb_create_table_function());
  const OwnedLogicalType number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_table_function_set_name(function.get(), "weir_stream");
  duckdb_table_function_add_parameter(function.get(), number.get());
  duckdb_table_function_set_extra_info(function.get(), &registry, nullptr);
  duckdb_table_function_set_bind(function.get(), BindStream);
  duckdb_table_function_set_init(function.get(), InitStream);
  duckdb_table_function_set_local_init(function.get(), InitReader);
  duckdb_table_function_set_function(function.get(), FillFromStream);
  duckdb_table_function_supports_projection_pushdown(function.get(), true);
  if (duckdb_register_table_function(connection, function.get()) != DuckDBSuccess) {
    throw ExternalError("DuckDB refuses the table function weir_stream");
  }
}

}  // namespace weir::sql
