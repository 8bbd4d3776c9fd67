#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hashing.h"
#include "base/test_seed.h"
#include "enrich/suppressed_ids.h"
#include "operators/identity/connected_components.h"
#include "operators/identity/drop_erased.h"
#include "operators/ingest/user_key.h"
#include "operators/test_context.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;
using Names = TestContext::Names;

constexpr auto kTestSalt = "a salt for tests alone";
constexpr int kFirstDay = 20000;

// Days of random pairs, and a list of erased ids.
class ErasureTest : public testing::Test {
 protected:
  ErasureTest() {
    connection_.Run(
        "CREATE TABLE pairs (party_a VARCHAR, id_a VARCHAR, party_b VARCHAR, id_b VARCHAR, calls "
        "BIGINT, first_ts TIMESTAMPTZ, last_ts TIMESTAMPTZ, day INTEGER);"
        "CREATE TABLE erased (hash VARCHAR, key_epoch VARCHAR)");
  }

  void SeeSome(int day) {
    const char* const parties[] = {"af", "an", "st"};
    for (int i = 0; i < 20; ++i) {
      const auto id = [&] {
        return fmt::format("'{}', '{}'", parties[random_() % 3], random_() % 30 + 1);
      };
      const std::string a = id();
      const std::string b = id();
      if (a != b) {
        connection_.Run(fmt::format(
            "INSERT INTO pairs VALUES ({0}, {1}, {2}, make_timestamp({3}), make_timestamp({3}), "
            "{4})",
            std::min(a, b), std::max(a, b), random_() % 3 + 1, day * kDay, day));
      }
    }
  }

  void PutOnList(const std::string& party, const std::string& id) {
    connection_.Run(fmt::format("INSERT INTO erased VALUES ('{}', '{}')",
                                ToHex(enrich::SuppressedIds::HashId(kTestSalt, party, id)),
                                UserKeys(kTestSalt).epoch()));
  }

  // Runs a day; leaves the outputs as new_edges, ….
  std::vector<std::string> Run(int day, Names arguments) {
    connection_.Run(
        fmt::format("CREATE OR REPLACE VIEW today AS SELECT * FROM pairs WHERE day = {0};"
                    "CREATE OR REPLACE VIEW evidence AS SELECT * FROM pairs WHERE day < {0}",
                    day));
    arguments.insert({"erased", "erased"});
    const Json settings = CompleteSettings(MakeConnectedComponents()->declaration().settings,
                                           {{"day", FormatDate(day)},
                                            {"max_neighbours", 3},
                                            {"max_component", 5},
                                            {"expiry_days", 2},
                                            {"salt", kTestSalt}});
    TestContext context(database_, connection_, settings, arguments, "new_");
    MakeConnectedComponents()->Run(context);
    return context.queries();
  }

  const Names kFromEvidence = {{"today", "today"}, {"evidence", "evidence"}};
  const Names kFromState = {
      {"state", "edges"}, {"people", "mapping"}, {"audit", "violations"}, {"basis", "basis"}};

  Names FromBoth() const {
    Names both = kFromEvidence;
    both.insert(kFromState.begin(), kFromState.end());
    return both;
  }

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

  std::map<std::string, std::string> StateRows() {
    std::map<std::string, std::string> rows;
    for (const char* table : {"new_edges", "new_mapping", "new_violations", "new_basis"}) {
      rows[table] = Rows(table);
    }
    return rows;
  }

  // An id that somebody has.
  std::pair<std::string, std::string> SomeId() {
    const auto ids =
        connection_.Query("SELECT party, user_id FROM new_mapping ORDER BY ALL").Rows();
    const auto& row = ids[random_() % ids.size()];
    return {std::get<std::string>(row[0]), std::get<std::string>(row[1])};
  }

  std::mt19937_64 random_{TestSeed()};
  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

TEST_F(ErasureTest, TheStateWithoutAnIdIsThatOfTheEvidenceWithoutIt) {
  for (int round = 0; round < std::max(TestRounds() / 20, 5); ++round) {
    connection_.Run("TRUNCATE pairs; TRUNCATE erased");
    for (int day = kFirstDay; day < kFirstDay + 3; ++day) {
      SeeSome(day);
    }
    const int day = kFirstDay + 2;
    Run(day, kFromEvidence);
    Keep();
    const auto [party, id] = SomeId();
    const std::string person = Rows(fmt::format(
        "(SELECT universal_id FROM new_mapping WHERE party = '{}' AND user_id = '{}')", party, id));
    PutOnList(party, id);

    Run(day, kFromState);
    const auto erased = StateRows();
    EXPECT_EQ(Rows("(SELECT \"from\" AS universal_id FROM new_changes WHERE kind = 'erased')"),
              person);
    connection_.Run(
        fmt::format("DELETE FROM pairs WHERE (party_a, id_a) = ('{0}', '{1}') OR "
                    "(party_b, id_b) = ('{0}', '{1}')",
                    party, id));
    connection_.Run("TRUNCATE erased");
    Run(day, kFromEvidence);

    ASSERT_EQ(erased, StateRows()) << "round " << round << ", " << party << ":" << id;
  }
}

TEST_F(ErasureTest, ADayNeverTakesAnErasedIdFromStateEvidenceOrCalls) {
  for (int day = kFirstDay; day < kFirstDay + 3; ++day) {
    SeeSome(day);
  }
  Run(kFirstDay + 1, kFromEvidence);
  Keep();
  const auto [party, id] = SomeId();
  PutOnList(party, id);

  const std::vector<std::string> queries = Run(kFirstDay + 2, FromBoth());
  const auto found = StateRows();

  EXPECT_TRUE(std::ranges::any_of(queries, [](const std::string& sql) {
    return sql.find("FROM evidence") != std::string::npos;
  })) << "the state has the id, so it isn't used";
  connection_.Run(
      fmt::format("DELETE FROM pairs WHERE (party_a, id_a) = ('{0}', '{1}') OR "
                  "(party_b, id_b) = ('{0}', '{1}')",
                  party, id));
  Run(kFirstDay + 2, kFromEvidence);
  EXPECT_EQ(found, StateRows());
}

TEST_F(ErasureTest, AnotherDaysStateIsNoStateToEraseFrom) {
  SeeSome(kFirstDay);
  Run(kFirstDay, kFromEvidence);
  Keep();

  EXPECT_THROW(Run(kFirstDay + 1, kFromState), UserError);
}

TEST_F(ErasureTest, PairsOfErasedIdsAreDropped) {
  SeeSome(kFirstDay);
  PutOnList("af", "7");
  PutOnList("st", "3");
  TestContext context(database_, connection_, {{"salt", kTestSalt}},
                      {{"pairs", "pairs"}, {"erased", "erased"}});
  MakeDropErased()->Run(context);

  const std::string wanted = Rows(
      "(SELECT * EXCLUDE day FROM pairs WHERE (party_a, id_a) NOT IN (('af', '7'), ('st', '3')) "
      "AND (party_b, id_b) NOT IN (('af', '7'), ('st', '3')))");
  EXPECT_EQ(Rows("kept"), wanted);
}

TEST_F(ErasureTest, HashesOfAnotherSaltAreRefused) {
  connection_.Run("INSERT INTO erased VALUES ('0123456789abcdef0123456789abcdef', '00000000')");
  TestContext context(database_, connection_, {{"salt", kTestSalt}},
                      {{"pairs", "pairs"}, {"erased", "erased"}});

  EXPECT_THROW(MakeDropErased()->Run(context), UserError);
}

}  // namespace
}  // namespace weir::operators
