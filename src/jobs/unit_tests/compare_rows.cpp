#include "jobs/unit_tests/compare_rows.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/nearest_name.h"
#include "jobs/unit_tests/test_rows.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

constexpr int kShown = 10;  // rows of a difference

bool IsFloating(const DataType& type) {
  return type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble;
}

// Rows of one side that the other lacks, each as often as it is too many.
std::string Excess(const std::string& left, const std::string& right, const std::string& what,
                   sql::Connection& connection) {
  const std::string rows = fmt::format("({} EXCEPT ALL {})", left, right);
  const std::int64_t count = connection.QueryInteger("SELECT count(*) FROM " + rows);
  if (count == 0) {
    return "";
  }
  std::string text = fmt::format("{} {}:\n", count, what);
  auto shown = connection.Query(
      fmt::format("SELECT to_json(row)::VARCHAR FROM {} AS row ORDER BY 1 LIMIT {}", rows, kShown));
  for (const auto& row : shown.Rows()) {
    text += "  " + std::get<std::string>(row.front()) + "\n";
  }
  return text;
}

}  // namespace

std::string DifferenceOf(const project::TestRows& expected, const std::string& actual,
                         const std::filesystem::path& project_folder, sql::Connection& connection) {
  const Schema schema = connection.Describe("SELECT * FROM " + actual);
  if (expected.file.empty() && expected.rows.empty()) {
    const std::string none = "SELECT * FROM " + actual + " WHERE false";
    return Excess("SELECT * FROM " + actual, none, "rows, none is expected", connection);
  }
  ColumnTypes types;
  const std::string untyped = SelectOf(expected, {}, project_folder, connection);
  std::vector<std::string> left;
  for (const Field& field : connection.Describe(untyped).fields) {
    const Field* found = schema.Find(field.name);
    if (found == nullptr) {
      return fmt::format("there is no column \"{}\"{}\n", field.name,
                         DidYouMean(field.name, schema.names()));
    }
    types[field.name] = ToText(found->type);
    const std::string name = sql::QuoteName(field.name);
    const std::string value =
        IsFloating(found->type) ? fmt::format("printf('%.12g', {0}) AS {0}", name) : name;
    left.push_back(value);
  }
  project::TestRows typed = expected;
  typed.columns = types;
  const std::string wanted = fmt::format("SELECT {} FROM ({})", fmt::join(left, ", "),
                                         SelectOf(typed, types, project_folder, connection));
  const std::string is = fmt::format("SELECT {} FROM {}", fmt::join(left, ", "), actual);
  return Excess(wanted, is, "expected rows are missing", connection) +
         Excess(is, wanted, "rows are not expected", connection);
}

}  // namespace weir::jobs
