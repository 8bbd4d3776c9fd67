#include "jobs/checks/check_runner.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/nearest_name.h"
#include "jobs/checks/exact_value.h"
#include "lake/table_references.h"
#include "sql/quote.h"
#include "sql/split_statements.h"

namespace weir::jobs {
namespace {

using project::Check;
using project::CheckKind;

constexpr std::size_t kExamples = 3;
constexpr std::size_t kLongestExample = 200;  // bytes

struct Verdict {
  std::int64_t failures = 0;
  std::string message{};
  std::optional<std::int64_t> rows{};  // that a check of their number counted
};

std::string Joined(const std::vector<std::string>& parts, const char* between = ", ") {
  return fmt::to_string(fmt::join(parts, between));
}

std::string NullIn(const std::vector<std::string>& columns) {
  std::vector<std::string> parts;
  parts.reserve(columns.size());
  for (const std::string& column : columns) {
    parts.push_back(sql::QuoteName(column) + " IS NULL");
  }
  return fmt::format("({})", Joined(parts, " OR "));
}

std::string Counted(std::int64_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string Cut(const std::string& text) {
  if (text.size() <= kLongestExample) {
    return text;
  }
  std::size_t end = kLongestExample;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return text.substr(0, end) + "…";
}

// One check against its rows.
class OneCheck {
 public:
  OneCheck(const Check& check, const CheckInputs& inputs)
      : check_(check), inputs_(inputs), connection_(inputs.connection) {
    if (check.kind != CheckKind::kSql) {
      rows_ = check.table.empty() ? sql::QuoteName(check.relation) : inputs.view_of(check.table);
      schema_ = connection_.Describe("FROM " + rows_);
    }
  }

  const std::string& subject() const {
    return check_.table.empty() ? check_.relation : check_.table;
  }

  Verdict Run() {
    for (const std::string& column : check_.columns) {
      CheckColumn(column);
    }
    switch (check_.kind) {
      case CheckKind::kNotNull:
        return OfFailing(fmt::format("SELECT * FROM {} WHERE {}", rows_, NullIn(check_.columns)),
                         "row", fmt::format("without {}", Joined(check_.columns, " or ")));
      case CheckKind::kUnique:
        return Unique();
      case CheckKind::kAccepted:
        return Accepted();
      case CheckKind::kRelation:
        return References();
      case CheckKind::kRowCount:
        return RowCount();
      case CheckKind::kFreshness:
        return Freshness();
      case CheckKind::kSql:
        return OfFailing(Statement(), "row", "that should not be there");
    }
    return {};
  }

 private:
  void CheckColumn(const std::string& column) const {
    if (schema_.Find(column) == nullptr) {
      throw UserError("no column '{}' in '{}', which has {}{}", column, subject(),
                      Joined(schema_.names()), DidYouMean(column, schema_.names()));
    }
  }

  // Counts the rows that a query gives and shows the first of them, in the order of all columns.
  Verdict OfFailing(const std::string& select, const char* what, const std::string& how) {
    const std::int64_t count =
        connection_.QueryInteger(fmt::format("SELECT count(*) FROM ({}\n)", select));
    if (count == 0) {
      return {};
    }
    return {.failures = count,
            .message = fmt::format("{} {}: {}", Counted(count, what), how, Examples(select))};
  }

  std::string Examples(const std::string& select) {
    sql::Result result = connection_.Query(fmt::format(
        "SELECT COLUMNS(*)::VARCHAR FROM (FROM ({}\n) ORDER BY ALL LIMIT {})", select, kExamples));
    const std::vector<std::string> names = result.column_names();
    std::vector<std::string> examples;
    for (const auto& row : result.Rows()) {
      std::vector<std::string> cells;
      cells.reserve(row.size());
      for (std::size_t column = 0; column < row.size(); ++column) {
        cells.push_back(fmt::format("{}={}", names[column], Shown(names[column], row[column])));
      }
      examples.push_back(fmt::format("({})", Cut(Joined(cells))));
    }
    return Joined(examples);
  }

  std::string Shown(const std::string& column, const sql::Value& value) const {
    if (sql::IsNull(value)) {
      return "NULL";
    }
    return inputs_.personal.contains(LowerCase(column)) ? "***" : std::get<std::string>(value);
  }

  Verdict Unique() {
    const std::string columns = sql::QuoteNames(check_.columns);
    return OfFailing(
        fmt::format("SELECT * FROM {} WHERE NOT {} QUALIFY count(*) OVER (PARTITION BY {}) > 1",
                    rows_, NullIn(check_.columns), columns),
        "row", fmt::format("with the {} of another", Joined(check_.columns)));
  }

  // The values are compared as values of the column's type: 1.5 is 1.50.
  Verdict Accepted() {
    const std::string& column = check_.columns.at(0);
    const std::string type = ToText(schema_.Find(column)->type);
    std::vector<std::string> values;
    for (const std::string& value : check_.values) {
      if (!HoldsExactly(value, schema_.Find(column)->type)) {
        throw UserError("{}", MisfitText(value, column, schema_.Find(column)->type));
      }
      values.push_back(fmt::format("CAST({} AS {})", sql::QuoteText(value), type));
    }
    const std::string name = sql::QuoteName(column);
    const std::string condition = values.empty()
                                      ? fmt::format("{} IS NOT NULL", name)
                                      : fmt::format("{} NOT IN ({})", name, Joined(values));
    return OfFailing(fmt::format("SELECT * FROM {} WHERE {}", rows_, condition), "row",
                     fmt::format("whose {} is none of {}", column, Joined(check_.values)));
  }

  Verdict References() {
    const std::string other = inputs_.view_of(check_.to_table);
    const Schema other_schema = connection_.Describe("FROM " + other);
    const auto& to = check_.to_columns.empty() ? check_.columns : check_.to_columns;
    std::vector<std::string> equal;
    for (std::size_t column = 0; column < check_.columns.size(); ++column) {
      if (other_schema.Find(to.at(column)) == nullptr) {
        throw UserError("no column '{}' in '{}', which has {}{}", to[column], check_.to_table,
                        Joined(other_schema.names()), DidYouMean(to[column], other_schema.names()));
      }
      equal.push_back(fmt::format("weir_from.{} = weir_to.{}",
                                  sql::QuoteName(check_.columns[column]),
                                  sql::QuoteName(to[column])));
    }
    return OfFailing(
        fmt::format("SELECT * FROM (FROM {} WHERE NOT {}) weir_from ANTI JOIN (FROM {}) weir_to ON "
                    "{}",
                    rows_, NullIn(check_.columns), other, Joined(equal, " AND ")),
        "row", fmt::format("whose {} is not in {}", Joined(check_.columns), check_.to_table));
  }

  Verdict RowCount() {
    const std::int64_t rows =
        connection_.QueryInteger(fmt::format("SELECT count(*) FROM {}", rows_));
    const std::string mistake = RowMistake(rows);
    return {.failures = mistake.empty() ? 0 : 1, .message = mistake, .rows = rows};
  }

  std::string RowMistake(std::int64_t rows) const {
    if (check_.min_rows && rows < *check_.min_rows) {
      return fmt::format("{}; at least {} are expected", Counted(rows, "row"), *check_.min_rows);
    }
    if (check_.max_rows && rows > *check_.max_rows) {
      return fmt::format("{}; at most {} are expected", Counted(rows, "row"), *check_.max_rows);
    }
    return check_.max_change ? RowChange(rows) : "";
  }

  std::string RowChange(std::int64_t rows) const {
    std::vector<std::int64_t> earlier = inputs_.previous_rows(check_.name, subject());
    earlier.resize(std::min(earlier.size(), static_cast<std::size_t>(check_.last_runs)));
    if (earlier.empty()) {
      return "";
    }
    const double mean =
        static_cast<double>(std::accumulate(earlier.begin(), earlier.end(), std::int64_t{0})) /
        static_cast<double>(earlier.size());
    const double difference = static_cast<double>(rows) - mean;
    if (std::abs(difference) <= *check_.max_change * mean) {
      return "";
    }
    return fmt::format(
        "{}; the last {} had {:.1f} on average, and at most {} % more or less "
        "is expected",
        Counted(rows, "row"), earlier.size() == 1 ? "run" : fmt::format("{} runs", earlier.size()),
        mean, *check_.max_change * 100);
  }

  Verdict Freshness() {
    const std::string& column = check_.columns.at(0);
    const std::optional<Micros> newest = Newest(column);
    if (!newest) {
      return {.failures = 1, .message = fmt::format("there is no {}", column)};
    }
    const Micros age = inputs_.interval_end - *newest;
    if (!check_.max_age || age <= check_.max_age->count()) {
      return {};
    }
    return {.failures = 1,
            .message =
                fmt::format("the newest {} is of {}, {} s before the interval's end; at most {} s "
                            "are allowed",
                            column, FormatTimestamp(*newest), age / 1'000'000,
                            check_.max_age->count() / 1'000'000)};
  }

  // The greatest time of a column; the end of the greatest day.
  std::optional<Micros> Newest(const std::string& column) {
    const TypeKind kind = schema_.Find(column)->type.kind;
    const std::string name = sql::QuoteName(column);
    const bool is_day = kind == TypeKind::kDate || kind == TypeKind::kString;
    const std::string time = is_day
                                 ? fmt::format("CAST(CAST(max({}) AS DATE) + 1 AS VARCHAR)", name)
                                 : fmt::format("epoch_us(CAST(max({}) AS TIMESTAMP))", name);
    const sql::Value newest =
        connection_.Query(fmt::format("SELECT {} FROM {}", time, rows_)).Cell();
    if (sql::IsNull(newest)) {
      return std::nullopt;
    }
    return is_day ? inputs_.start_of_day(std::get<std::string>(newest))
                  : std::get<std::int64_t>(newest);
  }

  std::string Statement() const {
    const std::string text = project::FillSql(check_.text, inputs_.values);
    sql::CheckWhole(text);
    std::string found;
    for (const std::string_view statement : sql::SplitStatements(text)) {
      if (!lake::IsBlank(statement)) {
        if (!found.empty()) {
          throw UserError("there are several SQL statements; a check is one SELECT");
        }
        found = statement;
      }
    }
    if (found.ends_with(';')) {
      found.pop_back();
    }
    return inputs_.with_views ? inputs_.with_views(found) : found;
  }

  const Check& check_;
  const CheckInputs& inputs_;
  sql::Connection& connection_;
  std::string rows_;  // for FROM
  Schema schema_;
};

CheckRecord RunCheck(const Check& check, const CheckInputs& inputs) {
  try {
    OneCheck one(check, inputs);
    Verdict verdict = one.Run();
    const char* outcome = verdict.failures == 0                        ? "passed"
                          : check.severity == project::Severity::kWarn ? "warned"
                                                                       : "failed";
    return {.name = check.name,
            .subject = one.subject(),
            .outcome = outcome,
            .message = std::move(verdict.message),
            .failures = verdict.failures,
            .rows = verdict.rows};
  } catch (const UserError& error) {
    throw UserError("check '{}': {}", check.name, error.what());
  }
}

}  // namespace

std::vector<CheckRecord> RunChecks(const std::vector<Check>& checks, const CheckInputs& inputs) {
  std::vector<CheckRecord> records;
  std::ranges::transform(checks, std::back_inserter(records),
                         [&](const Check& check) { return RunCheck(check, inputs); });
  return records;
}

std::string FailureText(const std::vector<CheckRecord>& records) {
  std::vector<std::string> lines;
  for (const CheckRecord& record : records) {
    if (record.outcome == "failed") {
      lines.push_back(fmt::format(
          "check '{}'{} failed: {}", record.name,
          record.subject.empty() ? "" : fmt::format(" of {}", record.subject), record.message));
    }
  }
  return Joined(lines, "\n");
}

}  // namespace weir::jobs
