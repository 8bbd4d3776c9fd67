#include "lake/actions.h"

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "lake/random_actions.h"

namespace weir::lake {
namespace {

TEST(ToJson, IsReadBackForAnyAction) {
  Random random(TestSeed());
  for (int i = 0; i < TestRounds() * 100; ++i) {
    const Action action = RandomAction(random);
    const std::string json = ToJson(action);

    ASSERT_EQ(json.find('\n'), std::string::npos);
    const std::vector<Action> read = ParseLogEntry(json + "\n", "log");
    ASSERT_EQ(read.size(), 1U) << json;
    ASSERT_EQ(read[0], action) << json;
  }
}

TEST(ToJson, WritesWhatTheProtocolDemands) {
  EXPECT_EQ(ToJson(Protocol()), R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})");
  EXPECT_EQ(ToJson(AddFile{.path = "a",
                           .partition_values = {{"p", std::nullopt}, {"q", "1"}},
                           .size = 3,
                           .modification_time = 4,
                           .data_change = false,
                           .stats = {},
                           .tags = {},
                           .deletion_vector = {}}),
            R"({"add":{"path":"a","partitionValues":{"p":null,"q":"1"},"size":3,)"
            R"("modificationTime":4,"dataChange":false}})");
}

TEST(DecodePath, UndoesOneEncodingOnly) {
  EXPECT_EQ(DecodePath("p=a%2520b/x.parquet"), "p=a%20b/x.parquet");
  EXPECT_EQ(DecodePath("p=a%20b/x.parquet"), "p=a b/x.parquet");
}

TEST(DecodePath, LeavesUrisAndAbsolutePaths) {
  for (const char* path : {"s3://bucket/a%20b", "file:///a%20b", "/a%20b", "file:/a%20b"}) {
    EXPECT_EQ(DecodePath(path), path);
  }
}

TEST(EncodePath, IsUndoneByDecodePath) {
  Random random(TestSeed());
  for (int i = 0; i < 1000; ++i) {
    const std::string key = "x" + RandomText(random);
    ASSERT_EQ(DecodePath(EncodePath(key)), key);
  }
}

TEST(EncodePath, EncodesDuckDbsFolderNamesOnceMore) {
  EXPECT_EQ(EncodePath("p=a%20b/q=é/x.parquet"), "p=a%2520b/q=%C3%A9/x.parquet");
}

TEST(IsPartitionColumn, IgnoresTheCaseOfLetters) {
  Metadata metadata;
  metadata.partition_columns = {"Day"};
  EXPECT_TRUE(metadata.IsPartitionColumn("dAY"));
  EXPECT_FALSE(metadata.IsPartitionColumn("days"));
}

}  // namespace
}  // namespace weir::lake
