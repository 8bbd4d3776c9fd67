#include "jobs/graph/row_order.h"

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sql/database.h"

namespace weir::jobs {
namespace {

struct Overload {
  std::string name;
  std::vector<std::string> types;
};

class RowOrderTest : public testing::Test {
 protected:
  std::vector<Overload> Aggregates() {
    std::map<std::pair<std::string, std::int64_t>, Overload> overloads;
    auto result = connection_.Query(
        "WITH f AS (SELECT function_name, parameter_types, row_number() OVER (ORDER BY "
        "function_name, parameter_types::VARCHAR) AS number FROM duckdb_functions() WHERE "
        "function_type = 'aggregate') SELECT function_name, number, unnest(CASE WHEN "
        "len(parameter_types) = 0 THEN [''] ELSE parameter_types END) FROM f ORDER BY number");
    for (const auto& row : result.Rows()) {
      Overload& overload =
          overloads[{std::get<std::string>(row.at(0)), std::get<std::int64_t>(row.at(1))}];
      overload.name = std::get<std::string>(row.at(0));
      if (const auto& type = std::get<std::string>(row.at(2)); !type.empty()) {
        overload.types.push_back(type);
      }
    }
    std::vector<Overload> all;
    all.reserve(overloads.size());
    for (const auto& [key, overload] : overloads) {
      all.push_back(overload);
    }
    return all;
  }

  // A call of an aggregate over columns k (BIGINT) and v (DOUBLE).
  static std::string CallOf(const Overload& overload) {
    std::vector<std::string> arguments;
    arguments.reserve(overload.types.size());
    for (const std::string& type : overload.types) {
      arguments.push_back(arguments.empty() ? Argument(type) : Constant(type, arguments.size()));
    }
    return fmt::format("{}({})", overload.name, fmt::join(arguments, ", "));
  }

  static std::string Argument(const std::string& type) {
    static const std::map<std::string, std::string> kOthers = {
        {"ANY", "v"},
        {"T", "v"},
        {"DOUBLE", "v"},
        {"FLOAT", "v::FLOAT"},
        {"BOOLEAN", "k % 3 = 0"},
        {"DECIMAL", "CAST(k % 1000003 AS DECIMAL(18, 3))"},
        {"VARCHAR", "CAST(k AS VARCHAR)"},
        {"BIT", "CAST(CAST(k % 128 AS INTEGER) AS BIT)"},
        {"BLOB", "CAST(CAST(k AS VARCHAR) AS BLOB)"},
        {"DATE", "DATE '2020-01-01' + CAST(k % 1000 AS INTEGER)"},
        {"TIME", "CAST(TIMESTAMP '2020-01-01' + to_microseconds(k) AS TIME)"},
        {"INTERVAL", "to_microseconds(k)"},
    };
    if (const auto other = kOthers.find(type); other != kOthers.end()) {
      return other->second;
    }
    const bool is_time = type.find("TIME") != std::string::npos;
    return fmt::format("CAST({} AS {})",
                       is_time ? "TIMESTAMP '2020-01-01' + to_microseconds(k)" : "k % 100", type);
  }

  // The least and the greatest value of bitstring_agg(), the quantile of others.
  static std::string Constant(const std::string& type, std::size_t position) {
    if (type == "DOUBLE") {
      return "0.25";
    }
    return type == "BIGINT"      ? "3"
           : type.ends_with("]") ? "[0.25, 0.5]"
                                 : fmt::format("CAST({} AS {})", (position - 1) * 100, type);
  }

  std::string RowsOf(const std::string& call, const std::string& table, int threads) {
    connection_.Run(fmt::format("SET threads = {}", threads));
    std::string text;
    for (const auto& row :
         connection_
             .Query(fmt::format("SELECT g || ': ' || CAST({} AS VARCHAR) FROM {} GROUP BY g ORDER "
                                "BY g",
                                call, table))
             .Rows()) {
      text += std::get<std::string>(row.front()) + "\n";
    }
    return text;
  }

  // `t`, and its rows in another order: i is their key, k whole numbers, v of all sizes.
  void FillTables() {
    connection_.Run(
        "CREATE TABLE t AS SELECT i, CAST(hash(i) % 1000003 AS BIGINT) AS k, i % 3 AS g, "
        "(hash(i, 2) % 1000003) / 7.0 * (CASE WHEN i % 3 = 0 THEN 1e-9 ELSE 1e7 END) AS v "
        "FROM range(130000) AS r(i)");
    connection_.Run("CREATE TABLE shuffled AS FROM t ORDER BY hash(i, 3)");
  }

  sql::Database database_{sql::DatabaseOptions{.threads = 4, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

// A new version's new aggregate must be put in one of the lists.
TEST_F(RowOrderTest, KnowsEveryAggregate) {
  const std::set<std::string> ranks = {"rank", "dense_rank", "rank_dense", "percent_rank",
                                       "cume_dist"};  // peers have the same in any order
  std::set<std::string> names;
  for (const Overload& overload : Aggregates()) {
    names.insert(overload.name);
    EXPECT_EQ(RowOrderOf(overload.name).has_value() + NumbersRows(overload.name) +
                  ranks.contains(overload.name),
              1)
        << overload.name;
  }
  EXPECT_GT(names.size(), 80U);
}

// What is said to be the same in any order is, for rows in another one and on other threads.
TEST_F(RowOrderTest, IsTrueOfWhatIsTheSameInAnyOrder) {
  FillTables();
  std::set<std::string> tried;
  for (const Overload& overload : Aggregates()) {
    const auto order = RowOrderOf(overload.name);
    const bool is_float = !overload.types.empty() && overload.types.front() == "DOUBLE";
    if (order != RowOrder::kAny && (order != RowOrder::kFloatsAlone || is_float)) {
      continue;
    }
    const std::string call = CallOf(overload);
    try {
      const std::string rows = RowsOf(call, "t", 1);
      EXPECT_EQ(RowsOf(call, "shuffled", 4), rows) << call;
      tried.insert(overload.name);
    } catch (const UserError& problem) {  // of a type that these columns can't become
      SUCCEED() << problem.what();
    }
  }
  std::set<std::string> left_out;
  for (const Overload& overload : Aggregates()) {
    if (RowOrderOf(overload.name) == RowOrder::kAny && !tried.contains(overload.name)) {
      left_out.insert(overload.name);
    }
  }
  EXPECT_EQ(left_out, std::set<std::string>{"sum_no_overflow"});  // of DuckDB's own plans alone
}

// ORDER BY a unique key makes them the same: in the aggregate, and in the window that it is over.
TEST_F(RowOrderTest, IsNoMatterOfWhatIsAddedInAnOrder) {
  FillTables();
  EXPECT_NE(RowsOf("sum(v)", "shuffled", 1), RowsOf("sum(v)", "t", 1));
  for (const char* sum : {"sum(v", "avg(v", "stddev(v", "corr(v, k", "list_sum(list(v"}) {
    const std::string call =
        std::string(sum) + " ORDER BY i" + (std::string(sum).starts_with("list") ? "))" : ")");
    EXPECT_EQ(RowsOf(call, "shuffled", 4), RowsOf(call, "t", 1)) << call;
  }
  for (const char* frame : {"", "ROWS BETWEEN 50 PRECEDING AND 30 FOLLOWING",
                            "ROWS BETWEEN 7000 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW",
                            "RANGE BETWEEN 500 PRECEDING AND 300 FOLLOWING"}) {
    const std::string rows = fmt::format(
        "(SELECT i, g, avg(v) OVER (PARTITION BY g ORDER BY i {}) AS mean FROM %) AS w", frame);
    const auto of = [&](const std::string& table) {
      return std::string(rows).replace(rows.find('%'), 1, table);
    };
    const std::string call = "md5(string_agg(CAST(mean AS VARCHAR), ',' ORDER BY i))";
    EXPECT_EQ(RowsOf(call, of("shuffled"), 4), RowsOf(call, of("t"), 1)) << frame;
  }
}

}  // namespace
}  // namespace weir::jobs
