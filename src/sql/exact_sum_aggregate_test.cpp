#include "sql/exact_sum_aggregate.h"

#include <cmath>
#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/exact_sum.h"
#include "base/test_seed.h"
#include "sql/database.h"

namespace weir::sql {
namespace {

class ExactSumInSql : public testing::Test {
 protected:
  ExactSumInSql()
      : database_(DatabaseOptions{.threads = 4, .spill_folder = {}}),
        connection_(database_.Connect()) {}

  Value Cell(const std::string& sql) { return connection_.Query(sql).Cell(); }

  Database database_;
  Connection connection_;
};

TEST_F(ExactSumInSql, OfNothingOrNullsIsNull) {
  EXPECT_TRUE(IsNull(Cell("SELECT exact_sum(x) FROM (SELECT 1.0 AS x WHERE false)")));
  EXPECT_TRUE(IsNull(Cell("SELECT exact_sum(NULL::DOUBLE) FROM range(10)")));
  EXPECT_EQ(Cell("SELECT exact_sum(x) FROM (VALUES (NULL), (0.5), (NULL), (0.25)) v(x)"),
            Value(0.75));
}

TEST_F(ExactSumInSql, TakesFloatsAndLosesNothing) {
  EXPECT_EQ(Cell("SELECT exact_sum(x::FLOAT) FROM (VALUES (1e30), (1), (-1e30)) v(x)"), Value(1.0));
  EXPECT_EQ(Cell("SELECT exact_sum(x::DOUBLE) FROM (VALUES (1e300), (1), (-1e300)) v(x)"),
            Value(1.0));
}

TEST_F(ExactSumInSql, FollowsTheRulesForNanAndInfinities) {
  EXPECT_TRUE(std::isnan(
      std::get<double>(Cell("SELECT exact_sum(x::DOUBLE) FROM (VALUES ('inf'), ('-inf')) v(x)"))));
  EXPECT_EQ(Cell("SELECT exact_sum(x::DOUBLE) FROM (VALUES ('inf'), ('1')) v(x)"), Value(HUGE_VAL));
}

TEST_F(ExactSumInSql, IsTheSameForAnyOrderAndThreads) {
  connection_.Run(
      "CREATE TABLE t AS SELECT sin(i) * 10 ** (i % 40 - 20) AS x FROM range(500000) r(i)");

  const Value expected = Cell("SELECT exact_sum(x) FROM t");
  connection_.Run("SET threads = 1");

  EXPECT_EQ(Cell("SELECT exact_sum(x) FROM t"), expected);
  EXPECT_EQ(Cell("SELECT exact_sum(x) FROM (SELECT x FROM t ORDER BY hash(x))"), expected);
}

// Groups of a few values keep them, larger ones an accumulator: sizes on both sides of the limit.
TEST_F(ExactSumInSql, SumsGroupsOfAllSizes) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    connection_.Run(
        fmt::format("CREATE OR REPLACE TABLE t AS SELECT (hash(i, {0}) % 1000 * (hash(i, {0}) % "
                    "97) // 970) AS g, "
                    "CASE WHEN hash(i, 5, {0}) % 9 > 0 THEN (hash(i, 7, {0}) % 1000000 - "
                    "500000.0)::DOUBLE / 7 END "
                    "AS x FROM range(3000) r(i)",
                    random() % 1000000));
    std::map<std::int64_t, ExactSum> sums;
    std::map<std::int64_t, int> counts;
    for (const auto& row : connection_.Query("SELECT g::BIGINT, x FROM t").Rows()) {
      const auto group = std::get<std::int64_t>(row[0]);
      counts[group] += IsNull(row[1]) ? 0 : 1;
      sums[group].Add(IsNull(row[1]) ? 0 : std::get<double>(row[1]));
    }

    const auto rows =
        connection_.Query("SELECT g::BIGINT, exact_sum(x) FROM t GROUP BY g ORDER BY g").Rows();

    ASSERT_EQ(rows.size(), sums.size());
    for (const auto& row : rows) {
      const auto group = std::get<std::int64_t>(row[0]);
      EXPECT_EQ(row[1], counts[group] == 0 ? Value() : Value(sums[group].Value()));
    }
  }
}

TEST_F(ExactSumInSql, OfTermsThatCancelIsZeroAndNotNull) {
  EXPECT_EQ(
      Cell("SELECT exact_sum(CASE WHEN i % 2 = 0 THEN 0.3 ELSE -0.3 END) FROM range(10) r(i)"),
      Value(0.0));
  EXPECT_EQ(Cell("SELECT exact_sum(0.0) FROM range(100)"), Value(0.0));
}

TEST_F(ExactSumInSql, WorksInWindowsAndWithFilters) {
  connection_.Run("CREATE TABLE t AS SELECT i, i::DOUBLE AS x FROM range(3000) r(i)");

  EXPECT_EQ(
      connection_.QueryInteger(
          "SELECT count(*) FROM (SELECT exact_sum(x) OVER (ORDER BY i ROWS 20 PRECEDING) AS e, "
          "sum(x) OVER (ORDER BY i ROWS 20 PRECEDING) AS s FROM t) WHERE e <> s"),
      0);
  EXPECT_EQ(
      connection_.QueryInteger("SELECT count(*) FROM (SELECT exact_sum(x) OVER (ORDER BY i) AS e, "
                               "sum(x) OVER (ORDER BY i) AS s FROM t) WHERE e <> s"),
      0);
  EXPECT_EQ(Cell("SELECT exact_sum(x) FILTER (i < 3) FROM t"), Value(3.0));
  EXPECT_EQ(Cell("SELECT exact_sum(DISTINCT x / x) FROM t WHERE i > 0"), Value(1.0));
}

}  // namespace
}  // namespace weir::sql
