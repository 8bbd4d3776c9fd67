#include "jobs/plan/where_predicate.h"

#include <fmt/format.h>

#include "sql/plan_filters.h"
#include "sql/quote.h"

namespace weir::jobs {

Predicate WherePredicates::Read(const Schema& schema, const std::string& where) {
  std::string columns;
  for (const Field& field : schema.fields) {
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", sql::QuoteName(field.name),
                           ToText(field.type));
  }
  const std::pair key(columns, where);
  const auto known = read_.find(key);
  return known != read_.end() ? known->second
                              : read_.emplace(key, Plan(columns, where)).first->second;
}

Predicate WherePredicates::Plan(const std::string& columns, const std::string& where) {
  if (!planner_) {
    constexpr std::uint64_t kMemory = 64U << 20U;
    planner_ = std::make_unique<Planner>(
        sql::DatabaseOptions{.memory_bytes = kMemory, .threads = 1, .spill_folder = {}});
  }
  planner_->connection.Run(fmt::format(
      "CREATE SCHEMA IF NOT EXISTS weir_input; CREATE OR REPLACE TABLE weir_input.rows ({})",
      columns));
  const auto scans = sql::FindScanFilters(
      planner_->connection, fmt::format("SELECT * FROM weir_input.rows WHERE {}", where));
  return scans ? sql::FilterOfTable(*scans, "weir_input", "rows") : Predicate{};
}

}  // namespace weir::jobs
