#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "lake/actions.h"
#include "lake/random_actions.h"

namespace weir::lake {
namespace {

std::string EntryError(const std::string& text) {
  try {
    ParseLogEntry(text, "t/_delta_log/7.json");
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

std::string RandomEntryText(Random& random) {
  std::string text;
  for (std::size_t lines = random() % 4 + 1; lines > 0; --lines) {
    text += ToJson(RandomAction(random)) + "\n";
  }
  return text;
}

bool IsValidOrNamesTheFile(const std::string& text) {
  const std::string error = EntryError(text);
  return error.empty() || error.starts_with("t/_delta_log/7.json:");
}

TEST(ParseLogEntry, ReadsSparksEntry) {
  const std::vector<Action> actions = ParseLogEntry(
      R"({"commitInfo":{"timestamp":1700000000000,"operation":"WRITE","operationParameters":{"mode":"Append","partitionBy":"[]"},"readVersion":3,"isolationLevel":"Serializable","isBlindAppend":true,"operationMetrics":{"numFiles":"1"},"engineInfo":"Apache-Spark/4.2.0 Delta-Lake/4.4.0","txnId":"x"}})"
      "\r\n"
      R"({"add":{"path":"d=2026-01-01%2000%253A00/part-0.c000.snappy.parquet","partitionValues":{"d":"2026-01-01 00:00","e":""},"size":10,"modificationTime":5,"dataChange":true,"stats":"{\"numRecords\":1}","deletionVector":null}})"
      "\n\n"
      R"({"cdc":{"path":"c","size":1}})"
      "\n"
      R"({"domainMetadata":{"domain":"x","configuration":"","removed":false}})",
      "log");

  ASSERT_EQ(actions.size(), 2U);
  const auto& info = std::get<CommitInfo>(actions[0]);
  const auto& add = std::get<AddFile>(actions[1]);
  EXPECT_EQ(info.operation, "WRITE");
  EXPECT_EQ(info.read_version, 3);
  EXPECT_EQ(info.parameters.at("mode"), "Append");
  EXPECT_EQ(add.partition_values.at("d"), "2026-01-01 00:00");
  EXPECT_EQ(add.partition_values.at("e"), std::nullopt);
  EXPECT_EQ(add.deletion_vector, "");
}

TEST(ParseLogEntry, KeepsWhatOtherWritersPutIntoMapsAsJson) {
  const auto actions = ParseLogEntry(
      R"({"commitInfo":{"operationParameters":{"a":1,"b":[true,null],"c":{"d":"e"}}}})", "log");

  EXPECT_EQ(std::get<CommitInfo>(actions.at(0)).parameters,
            (std::map<std::string, std::string>{
                {"a", "1"}, {"b", "[true,null]"}, {"c", R"({"d":"e"})"}}));
}

TEST(ParseLogEntry, KeepsATableWhoseSchemaItCannotRead) {
  const auto actions = ParseLogEntry(
      R"({"metaData":{"id":"i","schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"v\",\"type\":\"variant\"}]}","partitionColumns":[]}})",
      "log");

  EXPECT_EQ(std::get<Metadata>(actions.at(0)).unreadable_schema,
            "column \"v\" has type 'variant', which weir does not know");
}

TEST(ParseLogEntry, NamesFileAndLineOfWhatIsBroken) {
  const std::string good = ToJson(Action(Txn{.app_id = "a", .version = 1, .last_updated = {}}));
  EXPECT_TRUE(EntryError(good + "\n{\"add\":").starts_with("t/_delta_log/7.json:2: "));
  EXPECT_TRUE(EntryError(good + "\n\n[]").starts_with("t/_delta_log/7.json:3: "));
  EXPECT_TRUE(EntryError("{\"add\":{}}").starts_with("t/_delta_log/7.json:1: "));
  EXPECT_TRUE(EntryError("{\"add\":5}").starts_with("t/_delta_log/7.json:1: "));
  EXPECT_TRUE(EntryError("{\"txn\":{\"appId\":\"a\"}}").starts_with("t/_delta_log/7.json:1: "));
  EXPECT_TRUE(EntryError(std::string(100, '\0')).starts_with("t/_delta_log/7.json:1: "));
  EXPECT_TRUE(EntryError("").starts_with("t/_delta_log/7.json: "));
}

TEST(ParseLogEntry, RefusesProtocolVersionsThatNoIntegerHolds) {
  EXPECT_NE(EntryError(R"({"protocol":{"minReaderVersion":4294967297,"minWriterVersion":2}})"), "");
}

TEST(ParseLogEntry, SurvivesTruncationAtEveryByte) {
  Random random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const std::string text = RandomEntryText(random);
    for (std::size_t length = 0; length < text.size(); ++length) {
      const std::string cut = text.substr(0, length);
      ASSERT_TRUE(IsValidOrNamesTheFile(cut)) << cut;
      const bool between_lines = length > 0 && (text[length - 1] == '\n' || text[length] == '\n');
      ASSERT_EQ(EntryError(cut).empty(), between_lines) << cut;
    }
  }
}

TEST(ParseLogEntry, SurvivesChangedBytes) {
  Random random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const std::string text = RandomEntryText(random);
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string changed = text;
      changed[i] = static_cast<char>(random());
      ASSERT_TRUE(IsValidOrNamesTheFile(changed)) << changed;
    }
  }
}

}  // namespace
}  // namespace weir::lake
