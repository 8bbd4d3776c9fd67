#include "jobs/graph/bound_determinism.h"

#include <gtest/gtest.h>

#include "jobs/graph/determinism.h"
#include "jobs/graph/determinism_fixture.h"

namespace weir::jobs {
namespace {

class BoundDeterminismTest : public DeterminismFixture {
 protected:
  BoundDeterminismTest() {
    connection_.Run(
        "CREATE TABLE t (k BIGINT, v DOUBLE, f FLOAT, d DECIMAL(18, 2), u UHUGEINT, "
        "seen TIMESTAMP, s VARCHAR, l DOUBLE[])");
  }

  // The text of its mistakes; `{ds}` is a text.
  std::string Of(const std::string& sql, bool also_by_text = false) {
    const SqlSource source{.text = sql, .place = {.file = "a.sql"}};
    const project::Substitutions values = {
        {"ds", {.kind = project::SubstitutionValue::Kind::kText, .text = "2026-01-01"}}};
    project::Mistakes mistakes;
    const auto parsed = ParseSql(source, values, connection_, mistakes);
    if (parsed && also_by_text) {
      CheckDeterminism(*parsed, source, mistakes);
    }
    CheckBoundDeterminism(source, values, connection_, mistakes);
    return TextOf(mistakes);
  }
};

const std::string kSum = "sum() of DOUBLE adds in any order; use DECIMAL or exact_sum()";
const std::string kMean =
    "avg() of DOUBLE adds in any order; use DECIMAL or exact_sum(x) / count(x)";

TEST_F(BoundDeterminismTest, RefusesSumsByTheTypeOfWhatIsSummed) {
  for (const char* argument : {"v", "f", "v * 2", "sqrt(k)", "k / 3", "u", "d * v"}) {
    EXPECT_EQ(Of(std::string("SELECT sum(") + argument + ") FROM t"), "1:8: " + kSum) << argument;
    EXPECT_EQ(Of(std::string("SELECT avg(") + argument + ") FROM t"), "1:8: " + kMean) << argument;
    EXPECT_EQ(Of(std::string("SELECT sum(DISTINCT ") + argument + ") FROM t"), "1:8: " + kSum);
  }
  for (const char* argument : {"k", "d", "d * k", "v::DECIMAL(18, 2)", "k // 3", "k = 1"}) {
    EXPECT_EQ(Of(std::string("SELECT sum(") + argument + ") FROM t"), "") << argument;
  }
  EXPECT_EQ(Of("SELECT avg(k), avg(d), mean(k), avg(seen), exact_sum(v), min(v), median(v) FROM t"),
            "");
}

TEST_F(BoundDeterminismTest, NamesThePlaceOfEachSum) {
  EXPECT_EQ(Of("SELECT {ds}, sum(k),\n  sum(v) + sum(d), Sum(v) FILTER (WHERE k > 0),\n"
               "  MEAN(k), avg(v) FROM t\nHAVING sum(v) > 1"),
            "2:3: " + kSum + "\n2:20: " + kSum + "\n3:12: " + kMean + "\n4:8: " + kSum);
}

TEST_F(BoundDeterminismTest, LooksIntoQueriesWithinQueries) {
  EXPECT_EQ(Of("SELECT sum(x) FROM (SELECT sum(k) AS x FROM t)"), "");
  EXPECT_EQ(Of("SELECT sum(x) FROM (SELECT avg(k) AS x FROM t GROUP BY s)"), "1:8: " + kSum);
  EXPECT_EQ(Of("WITH x AS (SELECT sum(v) AS v FROM t) SELECT v::BIGINT FROM x"), "1:19: " + kSum);
  EXPECT_EQ(Of("SELECT k FROM t WHERE v > (SELECT avg(v) FROM t AS o WHERE o.k = t.k)"),
            "1:35: " + kMean);
  EXPECT_EQ(Of("FROM t PIVOT (sum(v) FOR k IN (1, 2))"), "1:15: " + kSum);
}

TEST_F(BoundDeterminismTest, TakesWhatIsAddedInAnOrder) {
  EXPECT_EQ(Of("SELECT sum(v ORDER BY k), avg(v ORDER BY k) FROM t"), "");
  EXPECT_EQ(Of("SELECT sum(v) OVER (PARTITION BY s ORDER BY k), sum(v ORDER BY k) OVER () FROM t"),
            "");
  EXPECT_EQ(Of("SELECT sum(v) OVER (PARTITION BY s) FROM t"), "1:8: " + kSum);
  EXPECT_EQ(Of("SELECT list_sum(l), list_aggregate(l, 'stddev') FROM t"), "");
}

TEST_F(BoundDeterminismTest, FindsWhatStandsUnderAnotherName) {
  EXPECT_EQ(Of("SELECT wavg(v, k) FROM t"),
            "1:8: wavg() of DOUBLE adds in any order; use DECIMAL or exact_sum()");
  EXPECT_EQ(Of("SELECT weighted_avg(d, k), sum(v) FROM t"), "1:28: " + kSum);
  EXPECT_EQ(Of("SELECT v.sum() FROM t"), "1:1: " + kSum);
  EXPECT_EQ(Of("SELECT k, (SELECT max(k) FROM t) AS most FROM t"), "");
  EXPECT_NE(Of("SUMMARIZE t").find("approx_quantile() depends on the order of rows"),
            std::string::npos);
}

TEST_F(BoundDeterminismTest, LeavesOutWhatTheTextShows) {
  EXPECT_EQ(
      Of("SELECT sum(v::DOUBLE), sum(v), stddev(k), first(k), list_sort(list(v)) FROM t", true),
      "1:8: " + kSum + "\n1:24: " + kSum +
          "\n1:32: stddev() adds DOUBLEs in any order; write stddev(… ORDER BY a unique "
          "key), or use exact_sum()\n1:43: first() depends on the order of rows; write "
          "first(… ORDER BY a unique key)");
}

}  // namespace
}  // namespace weir::jobs
