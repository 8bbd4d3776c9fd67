#include "lake/operations_model.h"

#include <algorithm>
#include <cassert>

#include <fmt/ranges.h>

#include "sql/quote.h"

namespace weir::lake {
namespace {

using Cell = ModelTable::Cell;
using Row = ModelTable::Row;

Cell CellOf(const Row& row, const std::string& column) {
  const auto cell = row.find(column);
  return cell == row.end() ? std::nullopt : cell->second;
}

std::int64_t IdOf(const Row& row) {
  const Cell& id = row.at("id");
  assert(id);
  return std::stoll(*id);
}

std::string TypeOf(const std::string& column) {
  if (column == "id") {
    return "BIGINT";
  }
  if (column == "score") {
    return "DOUBLE";
  }
  return column == "p" || column == "name" ? "VARCHAR" : "INTEGER";
}

std::int64_t Below(std::mt19937_64& random, std::int64_t end) {
  return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random);
}

Cell RandomCell(std::mt19937_64& random, const std::string& column) {
  if (Below(random, 8) == 0) {
    return std::nullopt;
  }
  if (column == "p") {
    return std::vector<std::string>{"a", "b c", "d/e=%", "é"}.at(Below(random, 4));
  }
  if (column == "name") {
    return fmt::format("name'{}", Below(random, 5));
  }
  return column == "score" ? fmt::format("{}.5", Below(random, 9))
                           : std::to_string(Below(random, 9));
}

}  // namespace

void ModelTable::AddColumns(const std::vector<std::string>& more) {
  for (const std::string& column : more) {
    if (std::ranges::find(columns, column) == columns.end()) {
      columns.push_back(column);
    }
  }
}

void ModelTable::Append(const ModelTable& source) {
  AddColumns(source.columns);
  rows.insert(rows.end(), source.rows.begin(), source.rows.end());
}

void ModelTable::Overwrite(const ModelTable& source) {
  rows.clear();
  Append(source);
}

void ModelTable::Replace(const std::set<Cell>& partitions, const ModelTable& source) {
  std::erase_if(rows, [&](const Row& row) { return partitions.contains(CellOf(row, "p")); });
  Append(source);
}

void ModelTable::Merge(const ModelTable& source, const std::vector<std::string>& keys,
                       bool delete_absent) {
  const auto key_of = [&keys](const Row& row) {
    std::vector<Cell> key;
    std::ranges::transform(keys, std::back_inserter(key),
                           [&](const std::string& column) { return CellOf(row, column); });
    return key;
  };
  std::map<std::vector<Cell>, Row> incoming;
  for (const Row& row : source.rows) {
    incoming[key_of(row)] = row;
  }
  std::set<std::vector<Cell>> matched;
  for (Row& row : rows) {
    if (const auto found = incoming.find(key_of(row)); found != incoming.end()) {
      matched.insert(found->first);
      for (const std::string& column : source.columns) {
        row[column] = CellOf(found->second, column);
      }
    }
  }
  if (delete_absent) {
    std::erase_if(rows, [&](const Row& row) {
      return IdOf(row) % 2 == 0 && !incoming.contains(key_of(row));
    });
  }
  AddColumns(source.columns);
  for (const auto& [key, row] : incoming) {
    if (!matched.contains(key)) {
      rows.push_back(row);
    }
  }
}

void ModelTable::DeleteIds(std::int64_t from, std::int64_t to, std::int64_t step) {
  std::erase_if(rows, [&](const Row& row) {
    return IdOf(row) >= from && IdOf(row) <= to && IdOf(row) % step == 0;
  });
}

std::set<Cell> ModelTable::Partitions() const {
  std::set<Cell> partitions;
  std::ranges::transform(rows, std::inserter(partitions, partitions.end()),
                         [](const Row& row) { return CellOf(row, "p"); });
  return partitions;
}

std::vector<std::string> ModelTable::Texts() const {
  std::vector<std::string> texts;
  for (const Row& row : rows) {
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const std::string& column : columns) {
      cells.push_back(CellOf(row, column).value_or("null"));
    }
    texts.push_back(fmt::format("{}", fmt::join(cells, "|")));
  }
  std::ranges::sort(texts);
  return texts;
}

std::string SqlOf(const ModelTable& table) {
  std::vector<std::string> rows;
  for (const Row& row : table.rows) {
    std::vector<std::string> cells;
    for (const std::string& column : table.columns) {
      const Cell cell = CellOf(row, column);
      cells.push_back(cell ? sql::QuoteText(*cell) : "NULL");
    }
    rows.push_back(fmt::format("({})", fmt::join(cells, ", ")));
  }
  std::vector<std::string> casts;
  std::vector<std::string> nulls;
  for (const std::string& column : table.columns) {
    casts.push_back(fmt::format("CAST({0} AS {1}) AS {0}", column, TypeOf(column)));
    nulls.emplace_back("NULL");
  }
  // A first row of nulls, skipped, so that no rows at all are still a list of values.
  return fmt::format(
      "SELECT {} FROM (VALUES ({}, true){}) AS v({}, skipped) WHERE NOT skipped",
      fmt::join(casts, ", "), fmt::join(nulls, ", "),
      [&] {
        std::string text;
        for (const std::string& row : rows) {
          text += ", " + row.substr(0, row.size() - 1) + ", false)";
        }
        return text;
      }(),
      fmt::join(table.columns, ", "));
}

ModelTable RandomRows(std::mt19937_64& random, const std::vector<std::string>& columns,
                      bool unique) {
  ModelTable table{.columns = {"p", "id"}, .rows = {}};
  for (const std::string& column : columns) {
    if (column != "id" && column != "p" && Below(random, 4) != 0) {
      table.columns.push_back(column);
    }
  }
  const std::int64_t most = Below(random, 4) == 0 ? 60 : 12;
  std::set<std::int64_t> used;
  for (std::int64_t i = Below(random, most); i > 0; --i) {
    const std::int64_t id = Below(random, 40);
    if (!used.insert(id).second && unique) {
      continue;
    }
    Row row;
    for (const std::string& column : table.columns) {
      row[column] = column == "id" ? Cell(std::to_string(id)) : RandomCell(random, column);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace weir::lake
