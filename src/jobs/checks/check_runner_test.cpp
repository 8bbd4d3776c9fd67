#include "jobs/checks/check_runner.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/test_seed.h"

namespace weir::jobs {
namespace {

using project::Check;
using project::CheckKind;

// A table of small texts and numbers as plain values, and the same in DuckDB.
struct Row {
  std::optional<int> a;
  std::optional<int> b;

  friend auto operator<=>(const Row&, const Row&) = default;
};

class ChecksTest : public testing::Test {
 protected:
  void Fill(const std::string& name, const std::vector<Row>& rows) {
    connection_.Run(fmt::format("CREATE OR REPLACE TEMP TABLE {} (a INTEGER, b INTEGER)", name));
    const auto text = [](const std::optional<int>& value) {
      return value ? std::to_string(*value) : "NULL";
    };
    for (const Row& row : rows) {
      connection_.Run(
          fmt::format("INSERT INTO {} VALUES ({}, {})", name, text(row.a), text(row.b)));
    }
  }

  CheckRecord Run(const Check& check) { return RunChecks({check}, Inputs()).at(0); }

  CheckInputs Inputs() {
    return {.connection = connection_,
            .values = values_,
            .interval_end = *ParseTimestamp("2026-01-06") + west_,
            .view_of = [](const std::string& table) { return "table_" + table.substr(2); },
            .with_views = [](const std::string& select) { return select; },
            .start_of_day = [this](const std::string& day) { return *ParseTimestamp(day) + west_; },
            .previous_rows =
                [this](const std::string& name, const std::string& subject) {
                  return previous_[name + " of " + subject];
                },
            .personal = personal_};
  }

  std::string ErrorOf(const Check& check) {
    return weir::ErrorOf([&] { Run(check); });
  }

  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
  project::Substitutions values_;
  std::map<std::string, std::vector<std::int64_t>> previous_;
  std::set<std::string> personal_;
  Micros west_ = 0;  // how much later than in UTC days begin
};

Check Of(CheckKind kind, std::vector<std::string> columns) {
  Check check;
  check.kind = kind;
  check.name = "c";
  check.relation = "rows";
  check.columns = std::move(columns);
  return check;
}

TEST_F(ChecksTest, CountLikeLoopsOverPlainRows) {
  std::mt19937_64 random(TestSeed());
  const auto value = [&](int most) {
    const auto number = static_cast<int>(random() % static_cast<std::uint64_t>(most));
    return number == 0 ? std::nullopt : std::optional(number);
  };
  for (int round = 0; round < TestRounds(); ++round) {
    std::vector<Row> rows(random() % 12);
    std::vector<Row> others(random() % 8);
    const int most = static_cast<int>(random() % 6 + 2);
    for (auto* list : {&rows, &others}) {
      for (Row& row : *list) {
        row = {value(most), value(most)};
      }
    }
    Fill("rows", rows);
    Fill("table_others", others);

    std::int64_t nulls = 0;
    std::int64_t shared = 0;
    std::int64_t strange = 0;
    std::int64_t lost = 0;
    for (const Row& row : rows) {
      const bool has_null = !row.a || !row.b;
      nulls += has_null ? 1 : 0;
      shared += !has_null && std::ranges::count(rows, row) > 1 ? 1 : 0;
      strange += row.a && *row.a != 1 && *row.a != 3 ? 1 : 0;
      const bool found = std::ranges::any_of(
          others, [&](const Row& other) { return other.b == row.a && other.a == row.b; });
      lost += !has_null && !found ? 1 : 0;
    }
    Check accepted = Of(CheckKind::kAccepted, {"a"});
    accepted.values = {"1", "3"};
    Check references = Of(CheckKind::kRelation, {"a", "b"});
    references.to_table = "s.others";
    references.to_columns = {"b", "a"};

    EXPECT_EQ(Run(Of(CheckKind::kNotNull, {"a", "b"})).failures, nulls);
    EXPECT_EQ(Run(Of(CheckKind::kUnique, {"a", "b"})).failures, shared);
    EXPECT_EQ(Run(accepted).failures, strange);
    EXPECT_EQ(Run(references).failures, lost);
  }
}

TEST_F(ChecksTest, TheMessageShowsThreeRowsButNoPersonalValue) {
  Fill("rows", {{1, 4}, {2, 4}, {3, 4}, {0, 4}, {5, 6}});

  const CheckRecord record = Run(Of(CheckKind::kUnique, {"b"}));
  personal_ = {"a"};
  const CheckRecord hidden = Run(Of(CheckKind::kUnique, {"b"}));

  EXPECT_EQ(record, (CheckRecord{.name = "c",
                                 .subject = "rows",
                                 .outcome = "failed",
                                 .message = "4 rows with the b of another: (a=0, b=4), (a=1, b=4), "
                                            "(a=2, b=4)",
                                 .failures = 4}));
  EXPECT_EQ(hidden.message,
            "4 rows with the b of another: (a=***, b=4), (a=***, b=4), (a=***, b=4)");
  EXPECT_EQ(FailureText({record}),
            "check 'c' of rows failed: 4 rows with the b of another: (a=0, b=4), (a=1, b=4), "
            "(a=2, b=4)");
}

TEST_F(ChecksTest, AWarningFailsNothing) {
  Fill("rows", {{{}, 1}});
  Check check = Of(CheckKind::kNotNull, {"a"});
  check.severity = project::Severity::kWarn;

  const CheckRecord record = Run(check);

  EXPECT_EQ(record.outcome, "warned");
  EXPECT_EQ(record.message, "1 row without a: (a=NULL, b=1)");
  EXPECT_EQ(FailureText({record}), "");
}

TEST_F(ChecksTest, ATableIsCheckedAsItWillBe) {
  Fill("table_mapping", {{1, 1}, {1, 2}});
  Check check = Of(CheckKind::kUnique, {"a"});
  check.relation = "";
  check.table = "s.mapping";

  EXPECT_EQ(Run(check).failures, 2);
  EXPECT_EQ(Run(check).subject, "s.mapping");
}

TEST_F(ChecksTest, RowCountsHaveBoundsAndAHistory) {
  Fill("rows", {{1, 1}, {2, 2}, {3, 3}});
  Check check = Of(CheckKind::kRowCount, {});
  check.min_rows = 3;
  check.max_rows = 3;
  EXPECT_EQ(Run(check).outcome, "passed");
  EXPECT_EQ(Run(check).rows, 3);
  check.min_rows = 4;
  EXPECT_EQ(Run(check).message, "3 rows; at least 4 are expected");
  check.min_rows.reset();
  check.max_rows = 2;
  EXPECT_EQ(Run(check).message, "3 rows; at most 2 are expected");

  check.max_rows.reset();
  check.max_change = 0.5;
  check.last_runs = 2;
  EXPECT_EQ(Run(check).outcome, "passed");  // no earlier run
  previous_["c of rows"] = {6, 6, 1000};
  EXPECT_EQ(Run(check).outcome, "passed");
  previous_["c of rows"] = {6, 7, 3};
  EXPECT_EQ(
      Run(check).message,
      "3 rows; the last 2 runs had 6.5 on average, and at most 50 % more or less is expected");
}

TEST_F(ChecksTest, FreshnessCountsFromTheIntervalsEnd) {
  Check check = Of(CheckKind::kFreshness, {"at"});
  check.max_age = std::chrono::hours(1);
  const auto outcome = [&](const std::string& value) {
    connection_.Run("CREATE OR REPLACE TEMP TABLE rows AS SELECT " + value + " AS at");
    return Run(check).message;
  };

  EXPECT_EQ(outcome("TIMESTAMPTZ '2026-01-05 23:00:00+00'"), "");
  EXPECT_EQ(outcome("TIMESTAMP '2026-01-06 00:00:00'"), "");
  EXPECT_EQ(outcome("TIMESTAMPTZ '2026-01-05 22:59:00+00'"),
            "the newest at is of 2026-01-05T22:59:00Z, 3660 s before the interval's end; at most "
            "3600 s are allowed");
  EXPECT_EQ(outcome("DATE '2026-01-05'"), "");
  EXPECT_EQ(outcome("'2026-01-05'"), "");
  EXPECT_NE(outcome("DATE '2026-01-04'"), "");
  EXPECT_EQ(outcome("NULL::DATE"), "there is no at");
}

TEST_F(ChecksTest, FreshnessTakesADayToItsEndInTheJobsZone) {
  west_ = 5 * kHour;
  Check check = Of(CheckKind::kFreshness, {"at"});
  check.max_age = std::chrono::hours(0);
  const auto message = [&](const std::string& value) {
    connection_.Run("CREATE OR REPLACE TEMP TABLE rows AS SELECT " + value + " AS at");
    return Run(check).message;
  };

  EXPECT_EQ(message("DATE '2026-01-05'"), "");
  EXPECT_EQ(message("'2026-01-05'"), "");
  EXPECT_EQ(message("DATE '2026-01-04'"),
            "the newest at is of 2026-01-05T05:00:00Z, 86400 s before the interval's end; at most "
            "0 s are allowed");
}

TEST_F(ChecksTest, AnAcceptedValueThatItsColumnCantHoldIsNamed) {
  connection_.Run("CREATE TEMP TABLE rows AS SELECT 1.50::DECIMAL(10,2) AS a, 3 AS b");
  const auto error = [&](const std::string& column, const std::string& value) {
    Check check = Of(CheckKind::kAccepted, {column});
    check.values = {"3", value};
    return ErrorOf(check);
  };

  EXPECT_EQ(error("a", "1.499"),
            "check 'c': '1.499' doesn't fit column 'a', which is DECIMAL(10,2)");
  EXPECT_EQ(error("a", "abc"), "check 'c': 'abc' doesn't fit column 'a', which is DECIMAL(10,2)");
  EXPECT_EQ(error("b", "3.5"), "check 'c': '3.5' doesn't fit column 'b', which is INTEGER");
  EXPECT_EQ(error("a", "1.5"), "");
  EXPECT_EQ(error("a", "1.500"), "");
}

TEST_F(ChecksTest, SqlMustReturnNoRows) {
  Fill("rows", {{1, 1}, {2, 2}});
  values_["ds"] = {.kind = {}, .text = "2026-01-05"};
  Check check = Of(CheckKind::kSql, {});
  check.relation = "";
  check.text = "SELECT a, {ds} AS day FROM rows WHERE a > 1; -- as text\n";

  EXPECT_EQ(Run(check).message, "1 row that should not be there: (a=2, day=2026-01-05)");
  check.text = "SELECT * FROM rows WHERE a > 2 -- none";
  EXPECT_EQ(Run(check).outcome, "passed");
}

TEST_F(ChecksTest, AColumnThatIsNotThereIsNamed) {
  Fill("rows", {});

  EXPECT_EQ(ErrorOf(Of(CheckKind::kNotNull, {"aa"})),
            "check 'c': no column 'aa' in 'rows', which has a, b; did you mean 'a'?");
}

}  // namespace
}  // namespace weir::jobs
