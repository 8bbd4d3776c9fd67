#include "connectors/registry/registration.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/cells.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

constexpr std::array kRegistrationColumns{"model_name", "run_id",  "model_version", "champion",
                                          "parameters", "metrics", "files"};

std::string TextIn(const ArrowArray& rows, int column, std::int64_t row) {
  return std::string(BytesAt(*rows.children[column], row));
}

void CheckRegistrationColumns(sql::Connection& connection, const std::string& relation) {
  const Schema schema = connection.Describe("FROM " + sql::QuoteName(relation));
  for (const std::string_view name : kRegistrationColumns) {
    if (schema.Find(name) == nullptr) {
      throw UserError("a model registry needs the column '{}'; there are {}, and needed are {}",
                      name, fmt::to_string(fmt::join(schema.names(), ", ")),
                      fmt::to_string(fmt::join(kRegistrationColumns, ", ")));
    }
  }
}

void CheckFolderName(std::string_view what, const std::string& name) {
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
  });
  if (name.empty() || name[0] == '.' || !is_plain) {
    throw UserError(
        "{} '{}' can't name a file; letters, digits, '_', '-' and '.' are allowed, no "
        "'.' in front",
        what, name);
  }
}

// One row a file; a run's rows follow each other.
std::string RegistrationsSql(const std::string& relation) {
  return fmt::format(
      "SELECT model_name, run_id, model_version, CAST(champion AS VARCHAR), "
      "CAST(to_json(parameters) AS VARCHAR), CAST(to_json(metrics) AS VARCHAR), file.name, "
      "file.content FROM (SELECT * EXCLUDE (files), unnest(files) AS file FROM {}) "
      "ORDER BY model_name, model_version, run_id, file.name",
      sql::QuoteName(relation));
}

Registration WithoutFiles(const ArrowArray& rows, std::int64_t row) {
  Registration registration{.model_name = TextIn(rows, 0, row),
                            .run_id = TextIn(rows, 1, row),
                            .version = TextIn(rows, 2, row),
                            .champion = BytesAt(*rows.children[3], row) == "true",
                            .parameters = nlohmann::json::parse(BytesAt(*rows.children[4], row)),
                            .metrics = {},
                            .files = {}};
  CheckFolderName("model_name", registration.model_name);
  CheckFolderName("run_id", registration.run_id);
  for (const nlohmann::json& metric : nlohmann::json::parse(BytesAt(*rows.children[5], row))) {
    registration.metrics.push_back(
        {.name = metric.at("name"), .step = metric.at("step"), .value = metric.at("value")});
  }
  std::ranges::sort(registration.metrics, {},
                    [](const Metric& metric) { return std::pair(metric.name, metric.step); });
  return registration;
}

}  // namespace

std::vector<Registration> ReadRegistrations(sql::Connection& connection,
                                            const std::string& relation) {
  CheckRegistrationColumns(connection, relation);
  std::vector<Registration> registrations;
  sql::Result result = connection.Query(RegistrationsSql(relation));
  while (const auto batch = result.NextBatch()) {
    const ArrowArray& rows = *batch->get();
    for (std::int64_t row = 0; row < rows.length; ++row) {
      if (registrations.empty() || registrations.back().run_id != BytesAt(*rows.children[1], row) ||
          registrations.back().model_name != BytesAt(*rows.children[0], row)) {
        registrations.push_back(WithoutFiles(rows, row));
      }
      const std::string name = TextIn(rows, 6, row);
      CheckFolderName("file", name);
      registrations.back().files[name] = BytesAt(*rows.children[7], row);
    }
  }
  return registrations;
}

bool IsOlderVersion(const std::string& left, const std::string& right) {
  return std::pair(left.size(), left) < std::pair(right.size(), right);
}

std::string RunJson(const Registration& registration) {
  nlohmann::ordered_json metrics = nlohmann::ordered_json::array();
  for (const Metric& metric : registration.metrics) {
    metrics.push_back({{"name", metric.name}, {"step", metric.step}, {"value", metric.value}});
  }
  const nlohmann::ordered_json run{{"run_id", registration.run_id},
                                   {"parameters", registration.parameters},
                                   {"metrics", metrics}};
  return run.dump(2) + "\n";
}

}  // namespace weir::connectors
