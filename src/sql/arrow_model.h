#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "data/batch.h"
#include "data/schema.h"

// For tests: rows as plain values, and Arrow arrays made of them and taken apart by this code
// alone, so that DuckDB's conversions are judged by something else than themselves.
namespace weir::sql {

// A cell: numbers and the like as their little-endian bytes, texts as they are, nested ones as
// `parts` (a map's parts are its entries, of two parts each).
struct ModelCell {
  bool is_null = false;
  std::string bytes{};
  std::vector<ModelCell> parts{};

  friend bool operator==(const ModelCell&, const ModelCell&) = default;
};

using ModelRow = std::vector<ModelCell>;

// A random type of at most `depth` levels of nesting.
DataType RandomType(std::mt19937_64& random, int depth);
// A random cell of `type`, null now and then.
ModelCell RandomCell(std::mt19937_64& random, const DataType& type);

// The rows as a batch of its own memory.
Batch EncodeRows(const Schema& schema, const std::vector<ModelRow>& rows);
// Adds the rows of `batch` to `rows`.
void DecodeRows(const Schema& schema, const Batch& batch, std::vector<ModelRow>& rows);

}  // namespace weir::sql
