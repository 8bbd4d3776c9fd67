#include "sql/plan_filters.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "sql/database.h"
#include "sql/quote.h"

namespace weir::sql {
namespace {

std::string ToSql(const Constant& constant) {
  return constant.type.kind == TypeKind::kTimestampNtz
             ? fmt::format("make_timestamp({})", constant.text)
             : fmt::format("{}::{}", QuoteText(constant.text), ToText(constant.type));
}

// The predicate as a condition of SQL.
std::string ToSql(const Predicate& predicate) {
  if (predicate.kind == Predicate::Kind::kAnd || predicate.kind == Predicate::Kind::kOr) {
    std::string text = predicate.kind == Predicate::Kind::kAnd ? "true" : "false";
    for (const Predicate& part : predicate.children) {
      text += (predicate.kind == Predicate::Kind::kAnd ? " AND (" : " OR (") + ToSql(part) + ")";
    }
    return text;
  }
  if (predicate.kind == Predicate::Kind::kCompare) {
    constexpr std::array kOperators{"=", "<", "<=", ">", ">="};
    return fmt::format("{} {} {}", fmt::join(predicate.path, "."),
                       kOperators[static_cast<std::size_t>(predicate.comparison)],
                       ToSql(predicate.constants.at(0)));
  }
  if (predicate.kind == Predicate::Kind::kIn) {
    std::vector<std::string> constants{"NULL"};
    std::ranges::transform(predicate.constants, std::back_inserter(constants),
                           [](const Constant& constant) { return ToSql(constant); });
    return fmt::format("{} IN ({})", fmt::join(predicate.path, "."), fmt::join(constants, ", "));
  }
  return ToText(predicate);
}

class PlanFilters : public testing::Test {
 protected:
  PlanFilters()
      : database_(DatabaseOptions{.threads = 1, .spill_folder = {}}),
        scratch_(database_.Connect()) {
    scratch_.Run(
        "CREATE SCHEMA s; CREATE TABLE s.t (a BIGINT, b INTEGER, d DECIMAL(10,2), "
        "large DECIMAL(38,3), day DATE, ts TIMESTAMP WITH TIME ZONE, ntz TIMESTAMP, v VARCHAR, "
        "bytes BLOB, f FLOAT, x DOUBLE, flag BOOLEAN, st STRUCT(q INTEGER, w STRUCT(z VARCHAR)), "
        "list INTEGER[], small TINYINT); CREATE TABLE s.u (a BIGINT, c VARCHAR)");
  }

  // The filter that `SELECT … FROM s.t WHERE condition` needs of s.t.
  std::string FilterOf(const std::string& condition) {
    return FilterOfQuery("SELECT a FROM s.t WHERE " + condition);
  }

  std::string FilterOfQuery(const std::string& sql) {
    const auto scans = FindScanFilters(scratch_, sql);
    return scans ? ToText(FilterOfTable(*scans, "s", "t")) : "no plan";
  }

  Database database_;
  Connection scratch_;
};

TEST_F(PlanFilters, AreFoundForEachType) {
  EXPECT_EQ(FilterOf("a > 3"), "a > 3");
  EXPECT_EQ(FilterOf("a = 9223372036854775807"), "a = 9223372036854775807");
  EXPECT_EQ(FilterOf("small < -3"), "small < -3");
  EXPECT_EQ(FilterOf("d = 1.5"), "d = 1.50");
  EXPECT_EQ(FilterOf("d = -0.05"), "d = -0.05");
  EXPECT_EQ(FilterOf("large < 12345678901234567890.123"), "large < 12345678901234567890.123");
  EXPECT_EQ(FilterOf("large > -12345678901234567890.123"), "large > -12345678901234567890.123");
  EXPECT_EQ(FilterOf("day = '2024-01-01'"), "day = 2024-01-01");
  EXPECT_EQ(FilterOf("ts >= '2024-01-01 00:00:00+00'"), "ts >= 1704067200000000");
  EXPECT_EQ(FilterOf("ntz < TIMESTAMP '2024-01-01'"), "ntz < 1704067200000000");
  EXPECT_EQ(FilterOf("v = 'it''s NaN: \"ö\"'"), "v = it's NaN: \"ö\"");
  EXPECT_EQ(FilterOf("bytes = '\\x01a\\x5C'::BLOB"),
            "bytes = \x01"
            "a\\");
  EXPECT_EQ(FilterOf("f > 0.1"), "f > 0.1");
  EXPECT_EQ(FilterOf("x <= 0.1"), "x <= 0.1");
  EXPECT_EQ(FilterOf("x < 'nan'::DOUBLE"), "x < nan");
  EXPECT_EQ(FilterOf("x > '-inf'::DOUBLE"), "x > -inf");
}

TEST_F(PlanFilters, OfBooleansCompareWithTheirValue) {
  EXPECT_EQ(FilterOf("flag"), "flag = true");
  EXPECT_EQ(FilterOf("NOT flag"), "flag = false");
}

TEST_F(PlanFilters, FollowFieldsOfStructs) {
  EXPECT_EQ(FilterOf("st.w.z > 'k'"), "st.w.z > k");
  EXPECT_EQ(FilterOf("st.q IS NOT NULL"), "st.q IS NOT NULL");
  EXPECT_EQ(FilterOf("st.q = 3 OR st.q = 7"), "(st.q = 3 OR st.q = 7)");
}

TEST_F(PlanFilters, KeepTreesOfAndAndOr) {
  EXPECT_EQ(FilterOf("a > 3 OR b < 2"), "(a > 3 OR b < 2)");
  EXPECT_EQ(FilterOf("day = '2024-01-01' AND (b > 3 OR d < 2)"),
            "(day = 2024-01-01 AND (b > 3 OR d < 2.00))");
  EXPECT_EQ(FilterOf("a IS NULL OR a > 3"), "(a IS NULL OR a > 3)");
  EXPECT_EQ(FilterOf("b BETWEEN 2 AND 5 OR a > 3"), "((b >= 2 AND b <= 5) OR a > 3)");
}

TEST_F(PlanFilters, UnderstandListsOfAnyLength) {
  EXPECT_EQ(FilterOf("v IN ('a', 'c', 'b', 'f', 'e', 'h', 'g', 'k')"),
            "v IN (a, c, b, f, e, h, g, k)");
  EXPECT_EQ(FilterOf("v IN ('a', 'k')"), "(v IN (a, k) AND (v = a OR v = k))");
}

TEST_F(PlanFilters, UnderstandNotEqualAndNullSafeComparisons) {
  EXPECT_EQ(FilterOf("v <> 'x'"), "(v < x OR v > x)");
  EXPECT_EQ(FilterOf("a IS NOT DISTINCT FROM 3"), "a = 3");
  EXPECT_EQ(FilterOf("a IS DISTINCT FROM 3"), "(a IS NULL OR a < 3 OR a > 3)");
}

TEST_F(PlanFilters, TakePrefixesAsRanges) {
  EXPECT_EQ(FilterOf("v LIKE 'ab%'"), "(v >= ab AND v < ac)");
}

TEST_F(PlanFilters, SeeThroughCastsThatKeepTheOrder) {
  EXPECT_EQ(FilterOf("b > 3.5"), "b > 3.5");
  EXPECT_EQ(FilterOf("b = 99999999999"), "b = 99999999999");
  EXPECT_EQ(FilterOf("f = 0.1::DOUBLE"), "f = 0.1");
  EXPECT_EQ(FilterOf("day < TIMESTAMP '2024-01-01 12:00:00'"), "day <= 2024-01-01");
  EXPECT_EQ(FilterOf("day > TIMESTAMP '1969-12-31 12:00:00'"), "day >= 1969-12-31");
}

TEST_F(PlanFilters, AreTrueForWhatIsNotUnderstood) {
  EXPECT_EQ(FilterOf("a::VARCHAR = 'x'"), "TRUE");
  EXPECT_EQ(FilterOf("v COLLATE NOCASE = 'ABC'"), "TRUE");
  EXPECT_EQ(FilterOf("a > random() * 5"), "TRUE");
  EXPECT_EQ(FilterOf("a > b"), "TRUE");
  EXPECT_EQ(FilterOf("list[1] = 3"), "TRUE");
  EXPECT_EQ(FilterOf("NOT (a > b AND v = 'x')"), "TRUE");
  EXPECT_EQ(FilterOf("a > 3 AND sqrt(x) > 2"), "a > 3");
  EXPECT_EQ(FilterOf("a > 3 OR sqrt(x) > 2"), "TRUE");
}

TEST_F(PlanFilters, StopAtLimitsSamplesAndWindows) {
  EXPECT_EQ(FilterOfQuery("SELECT a FROM (FROM s.t LIMIT 5) WHERE a = 3"), "TRUE");
  EXPECT_EQ(FilterOfQuery("SELECT a FROM (FROM s.t ORDER BY a LIMIT 5) WHERE a = 3"), "TRUE");
  EXPECT_EQ(FilterOfQuery("SELECT * FROM s.t TABLESAMPLE 10% WHERE a > 3"), "TRUE");
  EXPECT_EQ(FilterOfQuery("SELECT * FROM s.t TABLESAMPLE reservoir(10 ROWS) WHERE a > 3 OR b < 2"),
            "TRUE");
  EXPECT_EQ(FilterOfQuery("SELECT a, row_number() OVER () FROM s.t QUALIFY a > 3"), "TRUE");
}

TEST_F(PlanFilters, PassJoinsOnlyWhereTheyMay) {
  EXPECT_EQ(FilterOfQuery("FROM s.u LEFT JOIN s.t USING (a) WHERE s.t.b > 3"), "b > 3");
  EXPECT_EQ(FilterOfQuery("FROM s.u LEFT JOIN s.t ON s.u.a = s.t.a AND s.u.c = 'x'"), "TRUE");
  EXPECT_EQ(FilterOfQuery("FROM s.t LEFT JOIN s.u ON s.u.a = s.t.a AND s.t.a = 3"), "TRUE");
  EXPECT_EQ(FilterOfQuery("FROM s.t JOIN s.u USING (a) WHERE s.u.a = 3"), "a = 3");
}

TEST_F(PlanFilters, OfATableReadTwiceAreThoseOfEitherScan) {
  EXPECT_EQ(FilterOfQuery("FROM s.t x JOIN s.t y ON x.a = y.b WHERE x.v = 'p' AND y.v = 'q'"),
            "(v = p OR v = q)");
  EXPECT_EQ(FilterOfQuery("SELECT a FROM s.t WHERE a = 3 UNION ALL SELECT b FROM s.t"), "TRUE");
}

TEST_F(PlanFilters, ReachThroughViewsSubqueriesAndCommonTables) {
  EXPECT_EQ(FilterOfQuery("WITH c AS (FROM s.t) SELECT count(*) FROM c WHERE a = 3"), "a = 3");
  EXPECT_EQ(FilterOfQuery("SELECT v, count(*) FROM s.t GROUP BY v HAVING v = 'x'"), "v = x");
  EXPECT_EQ(FilterOfQuery("SELECT a FROM s.u WHERE a IN (SELECT a FROM s.t WHERE b < 7)"), "b < 7");
}

TEST_F(PlanFilters, AreAbsentWhereTheConnectionThatRunsTheQueryWouldFindOthers) {
  EXPECT_EQ(FilterOf("ts < now()"), "no plan");
  EXPECT_EQ(FilterOf("day = CURRENT_DATE"), "no plan");
  EXPECT_EQ(FilterOf("v = current_schema()"), "no plan");
  EXPECT_EQ(FilterOf("a > coalesce(getvariable('x'), 5)"), "no plan");
  EXPECT_TRUE(DependsOnSession("SELECT age (a)"));
  EXPECT_FALSE(DependsOnSession("SELECT age, know(a), currently, today FROM t WHERE age > 30"));
}

TEST_F(PlanFilters, AreAbsentWithoutAPlan) {
  EXPECT_EQ(FilterOfQuery("EXPLAIN SELECT 1"), "no plan");
  EXPECT_EQ(FilterOfQuery("SELECT nothing FROM s.t"), "no plan");
  EXPECT_EQ(FilterOfQuery("SELECT FROM WHERE"), "no plan");
  EXPECT_EQ(FilterOfQuery("SELECT 1; SELECT 2"), "no plan");
}

// Conditions with all operators over every column, checked against the data itself.
class RandomCondition {
 public:
  explicit RandomCondition(std::mt19937_64& random) : random_(random) {}

  std::string Make(int depth) {
    const int choice = Pick(depth > 0 ? 10 : 6);
    switch (choice) {
      case 6:
      case 7:
        return fmt::format("({} AND {})", Make(depth - 1), Make(depth - 1));
      case 8:
        return fmt::format("({} OR {})", Make(depth - 1), Make(depth - 1));
      case 9:
        return fmt::format("(NOT {})", Make(depth - 1));
      default:
        return MakeLeaf(choice);
    }
  }

 private:
  int Pick(int count) { return std::uniform_int_distribution(0, count - 1)(random_); }

  std::string Column() {
    column_ = Pick(static_cast<int>(kColumns.size()));
    return kColumns[static_cast<std::size_t>(column_)];
  }

  // A constant of the chosen column's kind, from the values that the data has.
  std::string Constant() {
    const int number = Pick(12) - 3;
    switch (column_) {
      case 3:
        return fmt::format("DATE '2024-01-01' + {}", number);
      case 4:
        return fmt::format("TIMESTAMP '2024-01-01' + INTERVAL ({}) HOUR", number * 7);
      case 5:
        return fmt::format("'v{}'", number);
      case 6:
        return number == 8 ? "'nan'::DOUBLE" : fmt::format("{}.5e0", number);
      default:
        return Pick(3) == 0 ? fmt::format("{}.5", number) : std::to_string(number);
    }
  }

  std::string MakeLeaf(int choice) {
    constexpr std::array kOperators{
        "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
    const std::string column = Column();
    switch (choice) {
      case 0:
        return fmt::format("{} IS {}NULL", column, Pick(2) == 0 ? "" : "NOT ");
      case 1:
        return fmt::format("{} IN ({}, {}, {})", column, Constant(), Constant(), Constant());
      case 2:
        return fmt::format("{} BETWEEN {} AND {}", column, Constant(), Constant());
      default:
        return fmt::format("{} {} {}", column, kOperators[static_cast<std::size_t>(Pick(8))],
                           Constant());
    }
  }

  inline static const std::vector<std::string> kColumns{"a",   "d", "f", "day",
                                                        "ntz", "v", "x", "st.q"};
  std::mt19937_64& random_;
  int column_ = 0;
};

// Every filter is run as SQL over data: no row of the query's may be lost by it.
TEST_F(PlanFilters, AreNeverStrongerThanTheQuery) {
  Connection data = database_.Connect();
  data.Run(
      "CREATE SCHEMA data; CREATE TABLE data.t AS SELECT "
      "CASE WHEN i % 7 <> 0 THEN i % 11 - 2 END::BIGINT AS a, (i % 13 / 2)::DECIMAL(10,2) AS d, "
      "(i % 5 / 2)::FLOAT AS f, DATE '2024-01-01' + (i % 9 - 3)::INTEGER AS day, "
      "TIMESTAMP '2024-01-01' + INTERVAL (i % 50 - 20) HOUR AS ntz, 'v' || i % 10 AS v, "
      "CASE i % 12 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN NULL ELSE i % 12 / 2 END AS x, "
      "CASE WHEN i % 5 <> 0 THEN {'q': (i % 10)::INTEGER} END AS st FROM range(3000) r(i)");
  std::mt19937_64 random(TestSeed());
  int useful = 0;
  for (int round = 0; round < TestRounds() * 10; ++round) {
    const std::string condition = RandomCondition(random).Make(3);
    const auto scans = FindScanFilters(scratch_, "SELECT a FROM s.t WHERE " + condition);
    ASSERT_TRUE(scans) << condition;
    if (scans->empty()) {
      continue;  // a contradiction
    }
    const Predicate filter = FilterOfTable(*scans, "s", "t");
    useful += filter.kind == Predicate::Kind::kTrue ? 0 : 1;

    const std::int64_t lost = data.QueryInteger(fmt::format(
        "SELECT count(*) FROM data.t WHERE ({}) AND ({}) IS NOT TRUE", condition, ToSql(filter)));

    EXPECT_EQ(lost, 0) << condition << "\n" << ToText(filter);
  }
  EXPECT_GT(useful, 0);
}

}  // namespace
}  // namespace weir::sql
