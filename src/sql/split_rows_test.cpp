// Rows that are shared out are those of one query a group. The seed is logged; see
// base/test_seed.h.
#include "sql/split_rows.h"

#include <limits>
#include <map>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "sql/quote.h"
#include "sql/sibling.h"

namespace weir::sql {
namespace {

constexpr SplitLimits kNoLimits{.rows = std::numeric_limits<std::int64_t>::max(),
                                .bytes = std::numeric_limits<std::uint64_t>::max()};

class SplitRowsTest : public testing::Test {
 protected:
  // One text a row, in order.
  std::vector<std::string> Texts(const std::string& select) {
    std::vector<std::string> texts;
    for (const auto& row : other_.Query(select).Rows()) {
      texts.push_back(std::get<std::string>(row.at(0)));
    }
    return texts;
  }

  Database database_{{.memory_bytes = 512 << 20, .threads = 2, .spill_folder = {}}};
  Connection connection_ = database_.Connect();
  Connection other_ = database_.Connect();
};

// Every kind of column, with nulls; few or many groups, of which null is one and '' another.
std::string RandomRows(std::mt19937_64& random) {
  const auto below = [&](std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random);
  };
  return fmt::format(
      "SELECT i, CASE h % 5 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN md5(i::VARCHAR) ELSE 'a' "
      "END AS text, CASE WHEN h % 3 > 0 THEN [md5(h::VARCHAR), NULL] END AS list, "
      "{{'x': i * 0.5, 'y': [{{'z': text}}]}} AS parts, MAP {{'k': i}} AS map, "
      "CASE h2 % {1} WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'a rather long name ' || (h2 % {1}) END "
      "AS p, CASE WHEN h2 % 2 = 0 THEN 'q' END AS q "
      "FROM (SELECT range AS i, hash(range + {2}) AS h, hash(range // {3}) AS h2 FROM range({0}))",
      below(30'000), 1 + below(40), below(1'000'000), 1 + below(50));
}

std::string WhereKey(const SplitRows::Group& group) {
  const auto is = [](const char* column, const std::optional<std::string>& value) {
    return fmt::format("{} IS NOT DISTINCT FROM {}", column,
                       value ? QuoteText(*value) : "NULL::VARCHAR");
  };
  return is("p", group.key[0]) + " AND " + is("q", group.key[1]);
}

TEST_F(SplitRowsTest, EachGroupHasTheRowsOfOneQueryInOrder) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() / 5; ++round) {
    const std::string select = RandomRows(random);
    const SplitRows rows(connection_, select, {5, 6}, kNoLimits);

    ASSERT_TRUE(rows.is_whole());
    std::int64_t num_rows = 0;
    for (std::size_t i = 0; i < rows.groups().size(); ++i) {
      const SplitRows::Group& group = rows.groups()[i];
      const auto text = [](const std::string& table) {
        return fmt::format("SELECT t::VARCHAR FROM {} AS t", table);
      };
      const auto expected = Texts(
          text(fmt::format("(SELECT * FROM ({}) WHERE {} ORDER BY i)", select, WhereKey(group))));
      EXPECT_EQ(Texts(text(rows.GroupSql(i))), expected) << select;
      EXPECT_EQ(group.num_rows, std::ssize(expected));
      num_rows += group.num_rows;
    }
    EXPECT_EQ(num_rows, other_.QueryInteger("SELECT count(*) FROM (" + select + ")"));
  }
}

TEST_F(SplitRowsTest, AGroupIsReadAgainAndByColumn) {
  const SplitRows rows(connection_, "SELECT range AS i, (range % 2)::VARCHAR AS p FROM range(5000)",
                       {1}, kNoLimits);

  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(other_.QueryInteger("SELECT sum(i) FROM " + rows.GroupSql(1)), 6'250'000);
    EXPECT_EQ(other_.QueryInteger("SELECT count(*) FROM " + rows.GroupSql(0)), 2500);
  }
}

TEST_F(SplitRowsTest, WhatExceedsALimitIsReadToItsEndWithItsOrder) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() / 5; ++round) {
    const std::string select = RandomRows(random);
    const auto num_rows = other_.QueryInteger("SELECT count(*) FROM (" + select + ")");
    SplitLimits limits = kNoLimits;
    if (round % 2 == 0) {
      limits.rows = std::uniform_int_distribution<std::int64_t>(0, num_rows)(random);
    } else {
      limits.bytes = std::uniform_int_distribution<std::uint64_t>(0, 4 << 20)(random);
    }
    const SplitRows rows(connection_, select, {5, 6}, limits);
    if (rows.is_whole()) {
      continue;
    }
    Sibling sibling(connection_);
    sibling.connection().Run("CREATE OR REPLACE TABLE all_rows AS SELECT * FROM " +
                             rows.AllSql(sibling.connection()));

    EXPECT_EQ(other_.QueryInteger("SELECT count(*) FROM all_rows WHERE i = weir_row"), num_rows);
    EXPECT_EQ(other_.QueryInteger(fmt::format(
                  "SELECT count(*) FROM (SELECT * EXCLUDE weir_row FROM all_rows EXCEPT ALL ({}))",
                  select)),
              0);
    EXPECT_EQ(other_.QueryInteger("SELECT count(*) FROM all_rows"), num_rows);
  }
}

TEST_F(SplitRowsTest, AFailureIsThatOfTheQueryWheneverItComes) {
  const std::string select =
      "SELECT if(range = 90000, error('row 90000'), 'p') AS p FROM range(100000)";
  const auto message = [](const auto& work) {
    try {
      work();
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };

  EXPECT_NE(message([&] { SplitRows(connection_, select, {0}, kNoLimits); }).find("row 90000"),
            std::string::npos);
  const SplitRows rows(connection_, select, {0}, {.rows = 10'000, .bytes = kNoLimits.bytes});
  ASSERT_FALSE(rows.is_whole());
  Sibling sibling(connection_);
  const std::string all = rows.AllSql(sibling.connection());
  EXPECT_NE(message([&] {
              sibling.connection().Run("CREATE TABLE t AS SELECT * FROM " + all);
            }).find("row 90000"),
            std::string::npos);
}

TEST_F(SplitRowsTest, AStopEndsTheQueryThatGoesOn) {
  const SplitRows rows(connection_, "SELECT range::VARCHAR AS p FROM range(100000)", {0},
                       {.rows = 10, .bytes = kNoLimits.bytes});
  std::stop_source stop;
  connection_.SetStopToken(stop.get_token());
  Sibling sibling(connection_);
  const std::string all = rows.AllSql(sibling.connection());

  stop.request_stop();

  EXPECT_THROW(sibling.connection().Run("CREATE TABLE t AS SELECT * FROM " + all), CancelledError);
}

TEST_F(SplitRowsTest, ItsRowsAreGoneWithIt) {
  std::string group;
  {
    const SplitRows rows(connection_, "SELECT 'a' AS p", {0}, kNoLimits);
    group = rows.GroupSql(0);
    EXPECT_EQ(Texts("FROM " + group), std::vector<std::string>{"a"});
  }
  EXPECT_THROW(Texts("FROM " + group), UserError);
}

}  // namespace
}  // namespace weir::sql
