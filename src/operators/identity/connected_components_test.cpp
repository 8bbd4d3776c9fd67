#include "operators/identity/connected_components.h"

#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/error_of.h"
#include "base/test_seed.h"
#include "operators/test_context.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;
using Names = TestContext::Names;

class ConnectedComponentsTest : public testing::Test {
 protected:
  ConnectedComponentsTest() {
    connection_.Run(
        "CREATE TABLE pairs (party_a VARCHAR, id_a VARCHAR, party_b VARCHAR, id_b VARCHAR, calls "
        "BIGINT, first_ts TIMESTAMPTZ, last_ts TIMESTAMPTZ, day INTEGER)");
  }

  void See(const std::string& a, const std::string& b, int day) {
    connection_.Run(fmt::format(
        "INSERT INTO pairs VALUES ('{}', '{}', '{}', '{}', 1, make_timestamp({}), "
        "make_timestamp({}), {})",
        a.substr(0, 2), a.substr(3), b.substr(0, 2), b.substr(3), day * kDay, day * kDay, day));
  }

  Json Complete(const Json& settings) const {
    return CompleteSettings(MakeConnectedComponents()->declaration().settings, settings);
  }

  // Leaves the outputs as new_edges, …; returns the queries.
  std::vector<std::string> Run(int day, bool with_state, Json settings = Json::object()) {
    connection_.Run(
        fmt::format("CREATE OR REPLACE VIEW today AS SELECT * FROM pairs WHERE day = {0};"
                    "CREATE OR REPLACE VIEW evidence AS SELECT * FROM pairs WHERE day < {0}",
                    day));
    Names arguments = {{"today", "today"}, {"evidence", "evidence"}};
    if (with_state) {
      arguments.insert(
          {{"state", "edges"}, {"people", "mapping"}, {"audit", "violations"}, {"basis", "basis"}});
    }
    settings["day"] = FormatDate(day);
    TestContext context(database_, connection_, Complete(settings), arguments, "new_");
    MakeConnectedComponents()->Run(context);
    return context.queries();
  }

  // The outputs become the state.
  void Keep() {
    for (const char* table : {"edges", "mapping", "violations", "basis"}) {
      connection_.Run(fmt::format("CREATE OR REPLACE TABLE {0} AS FROM new_{0}", table));
    }
  }

  std::string Rows(const std::string& table) {
    std::string text;
    for (const auto& row :
         connection_.Query(fmt::format("SELECT t::VARCHAR FROM {} t ORDER BY 1", table)).Rows()) {
      text += std::get<std::string>(row[0]) + "\n";
    }
    return text;
  }

  std::map<std::string, std::string> AllRows() {
    std::map<std::string, std::string> rows;
    for (const char* table :
         {"new_edges", "new_mapping", "new_changes", "new_violations", "new_basis"}) {
      rows[table] = Rows(table);
    }
    return rows;
  }

  std::int64_t Count(const std::string& sql) { return connection_.QueryInteger(sql); }

  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

bool Mentions(const std::vector<std::string>& queries, std::string_view word) {
  return std::ranges::any_of(
      queries, [&](const std::string& sql) { return sql.find(word) != std::string::npos; });
}

TEST_F(ConnectedComponentsTest, ADayFromTheStateIsADayFromTheEvidence) {
  std::mt19937_64 random(TestSeed());
  const Json settings = {
      {"max_neighbours", 3}, {"max_component", 5}, {"expiry_days", 2}, {"expiry", {{"an", "1"}}}};
  const char* const parties[] = {"af", "an", "st"};
  std::int64_t not_live = 0;
  for (int day = 20000; day < 20000 + TestRounds() / 2; ++day) {
    for (int i = 0; i < 15; ++i) {
      const auto id = [&] {
        return fmt::format("{}:{}", parties[random() % 3], random() % 30 + 1);
      };
      const std::string a = id();
      const std::string b = id();
      See(std::min(a, b), std::max(a, b), day);
    }

    Run(day, false, settings);
    const auto rebuilt = AllRows();
    if (day > 20000) {
      const std::vector<std::string> queries = Run(day, true, settings);
      EXPECT_FALSE(Mentions(queries, "evidence"));
      ASSERT_EQ(AllRows(), rebuilt) << "day " << day;
    }
    Keep();
    not_live += Count("SELECT count(*) FROM edges WHERE mark <> 'live'");
  }
  EXPECT_GT(not_live, 0);
}

TEST_F(ConnectedComponentsTest, AStateOfAnotherDayOrOtherSettingsIsNotUsed) {
  See("af:1", "st:1", 20000);
  See("st:1", "tt:1", 20002);
  Run(20000, false);
  Keep();

  EXPECT_FALSE(Mentions(Run(20001, true), "evidence"));
  EXPECT_TRUE(Mentions(Run(20001, true, {{"max_component", 100}}), "evidence"));
  EXPECT_TRUE(Mentions(Run(20002, true), "evidence"));
  EXPECT_EQ(Count("SELECT count(DISTINCT universal_id) FROM new_mapping"), 1);
  EXPECT_EQ(Count("SELECT count(*) FROM new_mapping"), 3);
}

TEST_F(ConnectedComponentsTest, JunkIdsBridgeNothing) {
  See("af:1", "st:null", 20000);
  See("af:2", "st:null", 20000);
  See("af:3", "st:3", 20000);
  connection_.Run("INSERT INTO pairs SELECT * REPLACE (NULL AS id_b) FROM pairs WHERE id_a = '3'");

  Run(20000, false);

  EXPECT_EQ(Rows("(SELECT party, user_id FROM new_mapping)"),
            "{'party': af, 'user_id': 3}\n{'party': st, 'user_id': 3}\n");
}

// Whoever calls the mapper names parties: a call of hundreds must not stop the day.
TEST_F(ConnectedComponentsTest, ADayTakesCallsOfManyParties) {
  const auto see = [&](int parties, int day) {
    connection_.Run(fmt::format(
        "INSERT INTO pairs SELECT 'af', '1', 'p' || range, '7', 1, make_timestamp({0}), "
        "make_timestamp({0}), {1} FROM range({2})",
        day * kDay, day, parties));
  };
  const Json settings = {{"max_component", 1000}};
  see(600, 20000);
  Run(20000, false, settings);
  Keep();
  see(700, 20001);
  Run(20001, false, settings);
  const auto rebuilt = AllRows();

  Run(20001, true, settings);

  EXPECT_EQ(AllRows(), rebuilt);
  EXPECT_EQ(Count("SELECT count(DISTINCT universal_id) FROM new_mapping"), 1);
  EXPECT_EQ(Count("SELECT count(DISTINCT (party, user_id)) FROM new_mapping"), 701);
  see(17000, 20002);
  EXPECT_EQ(ErrorOf([&] { Run(20002, true, settings); }).substr(0, 50),
            "ids of more than 16384 parties, which are allowed;");
  EXPECT_TRUE(ErrorOf([&] {
                Run(20002, false, settings);
              }).ends_with(", in the pairs of 2024-10-06 or those before it that are kept"));
}

TEST_F(ConnectedComponentsTest, EveryEdgeNamesThePeopleOfBothEnds) {
  for (int i = 1; i <= 4; ++i) {
    See("af:hub", fmt::format("st:{}", i), 20000);
  }
  See("af:1", "st:1", 20000);

  Run(20000, false, {{"max_neighbours", 3}});

  EXPECT_EQ(
      Count("SELECT count(*) FROM new_edges WHERE mark = 'hub' AND universal_id_b IS NOT NULL"), 4);
  EXPECT_EQ(Count("SELECT count(*) FROM new_edges WHERE mark = 'live' AND universal_id_b IS NULL"),
            1);
  EXPECT_EQ(
      Rows("(SELECT kind, party, user_id, neighbour_party, neighbours, edges FROM new_violations)"),
      "{'kind': hub, 'party': af, 'user_id': hub, 'neighbour_party': st, 'neighbours': 4, "
      "'edges': 4}\n");
}

TEST_F(ConnectedComponentsTest, ADayThatTouchesOneEndOfAHubsEdgeIsThatFromTheEvidence) {
  for (const char* const hub : {"af:hub", "tt:hub"}) {  // before and behind its neighbours
    connection_.Run("TRUNCATE pairs");
    for (int i = 1; i <= 4; ++i) {
      const std::string neighbour = fmt::format("st:{}", i);
      See(std::min<std::string>(hub, neighbour), std::max<std::string>(hub, neighbour), 20000);
    }
    Run(20000, false, {{"max_neighbours", 3}});
    Keep();
    See("an:7", "st:1", 20001);

    Run(20001, false, {{"max_neighbours", 3}});
    const auto rebuilt = AllRows();
    const std::vector<std::string> queries = Run(20001, true, {{"max_neighbours", 3}});

    EXPECT_FALSE(Mentions(queries, "evidence"));
    EXPECT_EQ(AllRows(), rebuilt) << hub;
    EXPECT_EQ(Count("SELECT count(*) FROM new_edges WHERE mark = 'hub'"), 4);
  }
}

TEST_F(ConnectedComponentsTest, WrongSettingsSayWhatIsAllowed) {
  const auto error_of = [&](const Json& settings) -> std::string {
    try {
      Run(20000, false, settings);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };

  EXPECT_EQ(error_of({{"expiry", {{"an", "0"}}}}),
            "setting 'expiry' has '0' for 'an'; whole days from 1 are allowed");
  EXPECT_THROW(MakeConnectedComponents()->Outputs({}, {{"today", {}}, {"state", {}}}), UserError);
}

}  // namespace
}  // namespace weir::operators
