#include "lake/intent.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "lake/handmade_table.h"
#include "lake/random_actions.h"
#include "storage/local_store.h"

namespace weir::lake {
namespace {

Changes RandomChanges(Random& random) {
  Changes changes;
  if (OneIn(random, 2)) {
    changes.protocol = RandomProtocol(random);
    changes.metadata = RandomMetadata(random);
  }
  for (std::size_t i = random() % 3; i > 0; --i) {
    changes.adds.push_back(RandomAdd(random));
    changes.removes.push_back(RandomRemove(random));
    changes.txns.push_back(RandomTxn(random));
  }
  changes.info = RandomInfo(random);
  return changes;
}

Intent RandomIntent(Random& random) {
  Intent intent{.run_id = RandomText(random),
                .owner = {.host = RandomText(random),
                          .boot = RandomText(random),
                          .pid = RandomNumber(random),
                          .start = random()},
                .created = RandomNumber(random),
                .tables = {}};
  for (std::size_t i = random() % 4; i > 0; --i) {
    intent.tables.push_back({.table = RandomText(random),
                             .base_version = RandomNumber(random),
                             .changes = RandomChanges(random)});
  }
  return intent;
}

void ExpectSameIntent(const Intent& left, const Intent& right) {
  EXPECT_EQ(left.run_id, right.run_id);
  EXPECT_EQ(left.owner, right.owner);
  EXPECT_EQ(left.created, right.created);
  ASSERT_EQ(left.tables.size(), right.tables.size());
  for (std::size_t i = 0; i < left.tables.size(); ++i) {
    const IntentTable& one = left.tables[i];
    const IntentTable& other = right.tables[i];
    EXPECT_EQ(one.table, other.table);
    EXPECT_EQ(one.base_version, other.base_version);
    EXPECT_EQ(one.changes.protocol, other.changes.protocol);
    EXPECT_EQ(one.changes.metadata, other.changes.metadata);
    EXPECT_EQ(one.changes.adds, other.changes.adds);
    EXPECT_EQ(one.changes.removes, other.changes.removes);
    EXPECT_EQ(one.changes.txns, other.changes.txns);
    EXPECT_EQ(one.changes.info, other.changes.info);
  }
}

std::string ParseError(const std::string& text) {
  return ErrorOf<UserError>([&] { ParseIntent(text, "w/_weir/intents/r.json"); });
}

TEST(Intent, IsReadBackWhateverItHolds) {
  Random random(TestSeed());
  for (int i = 0; i < TestRounds() * 10; ++i) {
    const Intent intent = RandomIntent(random);
    ExpectSameIntent(ParseIntent(ToJson(intent), "file"), intent);
    ASSERT_FALSE(HasFailure());
  }
}

TEST(ParseIntent, RefusesAFormatOfTheFuture) {
  std::string text = ToJson(Intent());
  text.replace(text.find("\"format\":1"), 10, "\"format\":2");
  EXPECT_EQ(ParseError(text),
            "w/_weir/intents/r.json: the intent has format 2, this weir knows 1; finish it with a "
            "newer weir");
}

TEST(ParseIntent, NamesTheFileOfATextThatIsCutOrChanged) {
  Random random(TestSeed());
  const std::string text = ToJson(RandomIntent(random));
  for (std::size_t i = 0; i < text.size(); ++i) {
    ASSERT_TRUE(ParseError(text.substr(0, i)).starts_with("w/_weir/intents/r.json:")) << i;
    std::string changed = text;
    changed[i] = static_cast<char>(random());
    const std::string error = ParseError(changed);
    ASSERT_TRUE(error.empty() || error.starts_with("w/_weir/intents/r.json:")) << error;
  }
}

TEST(ListIntents, FindsIntentsOnlyInTheirFolder) {
  const TestFolder folder;
  storage::LocalStore store(folder.path());
  EXPECT_TRUE(ListIntents(store).empty());

  Intent intent;
  for (const char* run : {"r2", "r1"}) {
    intent.run_id = run;
    store.Put(IntentKey(run), ToJson(intent));
  }
  store.Put("_weir/intents/done/r0.json", "{");

  const std::vector<Intent> intents = ListIntents(store);
  ASSERT_EQ(intents.size(), 2U);
  EXPECT_EQ(intents[0].run_id, "r1");
}

TEST(ListIntents, NamesTheTablesOfOneThatItCantRead) {
  const TestFolder folder;
  storage::LocalStore store(folder.path());
  const std::string tables = R"("tables": [{"table": "s.a", "actions": 3}, {"table": "s.b"}]})";
  store.Put(IntentKey("future"), "{\"format\": 2, " + tables);
  store.Put(IntentKey("broken"), "{\"format\": 1, " + tables);
  Intent renamed;
  renamed.tables.resize(1);
  renamed.tables[0].table = "s.a";
  store.Put(IntentKey("renamed"), ToJson(renamed));

  for (const Intent& intent : ListIntents(store)) {
    EXPECT_EQ(intent.tables.at(0).table, "s.a");
    EXPECT_TRUE(intent.problem.starts_with(store.Url(IntentKey(intent.run_id)))) << intent.problem;
  }
  EXPECT_EQ(ListIntents(store).size(), 3U);
}

TEST(ListIntents, RefusesOneWhoseTablesCantBeTold) {
  for (const std::string text : {"", "{", "{\"format\": 1}", "[]", "{\"tables\": []}",
                                 "{\"tables\": [{\"table\": \"s.a\"}, {}]}"}) {
    const TestFolder folder;
    storage::LocalStore store(folder.path());
    store.Put(IntentKey("r"), text);
    const std::string error = ErrorOf<UserError>([&] { ListIntents(store); });
    EXPECT_NE(error.find("no table can be read or written"), std::string::npos) << text << error;
  }
}

TEST(IsAbandoned, AsksWhetherTheOwnerLives) {
  Intent intent{.run_id = "r", .owner = CurrentProcess(), .created = 0, .tables = {}};
  EXPECT_FALSE(IsAbandoned(intent));

  ++intent.owner.start;
  EXPECT_TRUE(IsAbandoned(intent));
}

TEST(IsAbandoned, GivesOtherHostsAMinute) {
  Intent intent{.run_id = "r", .owner = CurrentProcess(), .created = Now(), .tables = {}};
  intent.owner.host += "-elsewhere";
  EXPECT_FALSE(IsAbandoned(intent));

  intent.created -= 61'000'000;
  EXPECT_TRUE(IsAbandoned(intent));
}

}  // namespace
}  // namespace weir::lake
