#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace weir::lake {

// A table in memory, slow and obvious: what operations on tables are tested against. Columns have a
// type by name: id BIGINT, p VARCHAR (the partition column), name VARCHAR, score DOUBLE, and n0, n1
// … INTEGER, which come later.
struct ModelTable {
  using Cell = std::optional<std::string>;
  using Row = std::map<std::string, Cell>;  // columns that are absent are null

  std::vector<std::string> columns{};
  std::vector<Row> rows{};

  void AddColumns(const std::vector<std::string>& more);
  void Append(const ModelTable& source);
  void Overwrite(const ModelTable& source);
  // Rows whose p is one of `partitions` go, the source's come.
  void Replace(const std::set<Cell>& partitions, const ModelTable& source);
  // With `delete_absent`: rows with an even id that match no source row go.
  void Merge(const ModelTable& source, const std::vector<std::string>& keys, bool delete_absent);
  void DeleteIds(std::int64_t from, std::int64_t to, std::int64_t step);

  std::set<Cell> Partitions() const;
  // "1|a|null…", sorted.
  std::vector<std::string> Texts() const;
};

// "SELECT … FROM (VALUES …)" of a model's rows.
std::string SqlOf(const ModelTable& table);

// Random rows with some of `columns` (id and p always). Keys (id) repeat unless `unique`.
ModelTable RandomRows(std::mt19937_64& random, const std::vector<std::string>& columns,
                      bool unique);

}  // namespace weir::lake
