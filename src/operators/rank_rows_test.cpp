#include "operators/rank_rows.h"

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/test_seed.h"
#include "operators/test_context.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

class RankRowsTest : public testing::Test {
 protected:
  void Run(const Json& given) {
    const auto op = MakeRankRows();
    TestContext context(database_, connection_, CompleteSettings(op->declaration().settings, given),
                        {{"rows", "\"rows\""}});
    op->Run(context);
  }
  std::string ErrorOf(const Json& given) {
    return weir::ErrorOf([&] { Run(given); });
  }

  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

TEST_F(RankRowsTest, EqualsASortInMemoryForRandomRows) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    std::vector<std::tuple<int, int, int>> rows;  // group (9 is null), score, id
    std::string values;
    const int num_rows = static_cast<int>(random() % 6000 + 1);
    for (int id = 0; id < num_rows; ++id) {
      rows.emplace_back(random() % 4 == 0 ? 9 : random() % 3, random() % 50, id);
      const auto& [group, score, unused] = rows.back();
      values += fmt::format("{}({}, {}, {})", id == 0 ? "" : ",",
                            group == 9 ? "NULL" : std::to_string(group), score, id);
    }
    connection_.Run("CREATE OR REPLACE TEMP TABLE rows AS SELECT * FROM (VALUES " + values +
                    ") t(team, score, id)");
    std::ranges::sort(rows, [](const auto& left, const auto& right) {
      return std::tuple(std::get<0>(left), -std::get<1>(left), std::get<2>(left)) <
             std::tuple(std::get<0>(right), -std::get<1>(right), std::get<2>(right));
    });
    std::map<int, std::int64_t> wanted;
    std::map<int, std::int64_t> seen;
    for (const auto& [group, score, id] : rows) {
      wanted[id] = ++seen[group];
    }

    Run({{"group_by", {"team"}}, {"order_by", {"score desc", "id"}}});

    std::map<int, std::int64_t> ranks;
    auto result = connection_.Query("SELECT id, rank FROM ranked");
    for (const auto& row : result.Rows()) {
      ranks[static_cast<int>(std::get<std::int64_t>(row[0]))] = std::get<std::int64_t>(row[1]);
    }
    ASSERT_EQ(ranks, wanted);
  }
}

TEST_F(RankRowsTest, KeepsTheOtherColumnsAsTheyAre) {
  connection_.Run(
      "CREATE TEMP TABLE rows AS SELECT i AS id, [i, i + 1] AS list, {'a': i::VARCHAR} AS part "
      "FROM range(5000) t(i)");

  Run({{"order_by", {"id desc"}}, {"as", "place"}});

  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM ranked WHERE place = 5000 - id AND "
                                     "list = [id, id + 1] AND part.a = id::VARCHAR"),
            5000);
}

TEST_F(RankRowsTest, AnOrderWithTiesIsRefused) {
  connection_.Run("CREATE TEMP TABLE rows AS SELECT 1 AS a, i AS b FROM range(2) t(i)");

  EXPECT_EQ(ErrorOf({{"order_by", {"a"}}}),
            "operator 'rank_rows': two rows of a group are equal in `order_by`; add columns that "
            "tell them apart");
}

TEST_F(RankRowsTest, SaysWhichColumnIsNotThere) {
  connection_.Run("CREATE TEMP TABLE rows AS SELECT 1 AS score");

  EXPECT_EQ(ErrorOf({{"order_by", {"scoer"}}}).substr(0, 14), "Binder Error: ");
  EXPECT_THROW(Describe(*MakeRankRows(), {{"order_by", {"scoer"}}},
                        {{"rows", connection_.Describe("FROM rows")}}),
               UserError);
}

TEST_F(RankRowsTest, IsSplitByItsGroups) {
  const auto op = MakeRankRows();
  const auto complete = [&](const Json& given) {
    return CompleteSettings(op->declaration().settings, given);
  };

  EXPECT_EQ(op->SplitOf(complete({{"order_by", "a"}})), Split{});
  EXPECT_EQ(op->SplitOf(complete({{"order_by", "a"}, {"group_by", {"g"}}})),
            (Split{.how = Splitting::kKeys, .keys = {"g"}}));
}

}  // namespace
}  // namespace weir::operators
