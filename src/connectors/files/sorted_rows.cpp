#include "connectors/files/sorted_rows.h"

#include <exception>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/log.h"
#include "base/nearest_name.h"
#include "sql/quote.h"

namespace weir::connectors {

SortedRows::SortedRows(sql::Connection& connection, const std::string& connector,
                       const std::string& relation, const std::vector<std::string>& order)
    : connection_(connection) {
  const Schema schema = connection_.Describe("FROM " + sql::QuoteName(relation));
  std::vector<std::string> columns;
  for (const std::string& name : order) {
    if (schema.Find(name) == nullptr) {
      throw UserError("connector '{}': no column '{}'; relation '{}' has {}{}", connector, name,
                      relation, fmt::to_string(fmt::join(schema.names(), ", ")),
                      DidYouMean(name, schema.names()));
    }
    columns.push_back(sql::QuoteName(name));
  }
  for (const std::string& name : schema.names()) {
    columns.push_back(sql::QuoteName(name));
  }
  connection_.Run(fmt::format(
      "CREATE OR REPLACE TEMP TABLE {} AS SELECT *, row_number() OVER (ORDER BY {}) AS weir_row "
      "FROM {}",
      name_, fmt::to_string(fmt::join(columns, ", ")), sql::QuoteName(relation)));
  size_ = connection_.QueryInteger(fmt::format("SELECT count(*) FROM {}", name_));
}

SortedRows::~SortedRows() {
  try {
    connection_.Run(fmt::format("DROP TABLE IF EXISTS {}", name_));
  } catch (const std::exception& problem) {
    LogWarning("{}", problem.what());
  }
}

std::string SortedRows::Select(std::int64_t begin, std::int64_t end) const {
  return fmt::format(
      "SELECT * EXCLUDE weir_row FROM {} WHERE weir_row > {} AND weir_row <= {} ORDER BY weir_row",
      name_, begin, end);
}

}  // namespace weir::connectors
