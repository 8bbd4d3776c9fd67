#include "lake/checkpoint.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "lake/handmade_table.h"
#include "lake/random_actions.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

class CheckpointTest : public testing::Test {
 protected:
  std::vector<storage::ObjectInfo> Listing() const {
    return table_.folder.store->List("_delta_log/");
  }

  std::optional<CheckpointFiles> Newest(
      std::int64_t limit = std::numeric_limits<std::int64_t>::max()) const {
    return NewestCheckpoint(Listing(), limit);
  }

  Snapshot ReadNewest() { return ReadCheckpoint(table_.folder, Newest().value(), connection_); }

  // A version with a file, its tombstone and a transaction.
  static Snapshot Small(std::int64_t version) {
    Snapshot snapshot;
    snapshot.version = version;
    snapshot.metadata = HandmadeMetadata();
    snapshot.files = {HandmadeAdd("a")};
    return snapshot;
  }

  // Writes rows as the checkpoint of `version` that another program made.
  void PutForeign(const std::string& select, const std::string& name) {
    table_.folder.store->MakeFolder("_delta_log/");
    connection_.Run(fmt::format("COPY ({}) TO {} (FORMAT parquet)", select,
                                sql::QuoteText(table_.folder.store->Url("_delta_log/" + name))));
  }

  HandmadeTable table_;
  sql::Database database_{{.memory_bytes = 256 << 20, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_{database_.Connect()};
};

std::string Name(std::int64_t version, const std::string& rest = "") {
  return fmt::format("{:020}.checkpoint.{}parquet", version, rest);
}

constexpr auto kProtocolRow = "{'minReaderVersion': 1::INTEGER, 'minWriterVersion': 2::INTEGER}";

std::string MetadataRow() {
  return fmt::format(
      "{{'id': 'id', 'schemaString': {}, 'partitionColumns': ['p'], 'configuration': MAP {{}}, "
      "'createdTime': 1::BIGINT}}",
      sql::QuoteText(HandmadeMetadata().schema_string));
}

TEST_F(CheckpointTest, ReadsBackWhatItWrote) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    Snapshot snapshot = Small(round);
    const std::int64_t now = Now() / 1000;
    snapshot.metadata.configuration = {{"delta.x", RandomText(random)}};
    for (int i = 0; i < 20; ++i) {
      const std::string text = RandomText(random);
      AddFile add = HandmadeAdd(EncodePath(fmt::format("{}{}", i, text)));
      add.partition_values = {{"p", text}, {"é \"", std::nullopt}};
      add.size = RandomNumber(random);
      add.stats = fmt::format(R"({{"numRecords":{},"minValues":{{"n":1e300}}}})", i);
      add.tags = {{text, text}};
      add.data_change = false;
      snapshot.files.push_back(add);
      RemoveFile remove = HandmadeRemove(EncodePath(fmt::format("r{}{}", i, text)));
      remove.deletion_timestamp = now;
      remove.data_change = false;
      snapshot.tombstones.push_back(remove);
      snapshot.txns[text] = {.app_id = text, .version = RandomNumber(random), .last_updated = now};
    }
    snapshot.files.front().data_change = false;
    std::ranges::sort(snapshot.files, {}, &AddFile::path);
    std::ranges::sort(snapshot.tombstones, {}, &RemoveFile::path);

    WriteCheckpoint(table_.folder, snapshot, connection_);
    const Snapshot read = ReadNewest();

    EXPECT_EQ(read.version, snapshot.version);
    EXPECT_EQ(read.protocol, snapshot.protocol);
    EXPECT_EQ(read.metadata, snapshot.metadata);
    EXPECT_EQ(read.files, snapshot.files);
    EXPECT_EQ(read.tombstones, snapshot.tombstones);
    EXPECT_EQ(read.txns, snapshot.txns);
  }
}

TEST_F(CheckpointTest, PointsAtItselfWithoutLeftovers) {
  WriteCheckpoint(table_.folder, Small(7), connection_);
  WriteCheckpoint(table_.folder, Small(7), connection_);

  const std::string pointer = table_.folder.store->Get("_delta_log/_last_checkpoint").value();
  EXPECT_TRUE(pointer.starts_with(R"({"version":7,"size":3,)")) << pointer;
  EXPECT_EQ(Listing().size(), 2U);
  EXPECT_TRUE(table_.folder.store->ListLeftovers("").empty());
}

TEST_F(CheckpointTest, NeverPointsBack) {
  WriteCheckpoint(table_.folder, Small(20), connection_);
  WriteCheckpoint(table_.folder, Small(10), connection_);

  const std::string pointer = table_.folder.store->Get("_delta_log/_last_checkpoint").value();
  EXPECT_TRUE(pointer.starts_with(R"({"version":20,)")) << pointer;
}

TEST_F(CheckpointTest, LeavesOldTombstonesAndTransactionsOut) {
  constexpr std::int64_t kDayMillis = 86'400'000;
  const std::int64_t now = Now() / 1000;
  Snapshot snapshot = Small(1);
  snapshot.metadata.configuration["delta.deletedFileRetentionDuration"] = "interval 2 days";
  snapshot.tombstones = {HandmadeRemove("new"), HandmadeRemove("old")};
  snapshot.tombstones[0].deletion_timestamp = now - kDayMillis;
  snapshot.tombstones[1].deletion_timestamp = now - 3 * kDayMillis;
  snapshot.txns = {{"new", {.app_id = "new", .version = 1, .last_updated = now}},
                   {"old", {.app_id = "old", .version = 1, .last_updated = now - 31 * kDayMillis}},
                   {"timeless", {.app_id = "timeless", .version = 1, .last_updated = {}}}};

  WriteCheckpoint(table_.folder, snapshot, connection_);
  const Snapshot read = ReadNewest();

  ASSERT_EQ(read.tombstones.size(), 1U);
  EXPECT_EQ(read.tombstones[0].path, "new");
  EXPECT_EQ(read.txns.size(), 2U);
  EXPECT_FALSE(read.txns.contains("old"));
}

TEST_F(CheckpointTest, ReadsPartsOfOtherProgramsWithColumnsMoreAndFewer) {
  PutForeign(fmt::format("SELECT {} AS protocol, NULL AS \"metaData\" UNION ALL SELECT NULL, {}",
                         kProtocolRow, MetadataRow()),
             Name(5, "0000000001.0000000002."));
  PutForeign(
      "SELECT {'path': 'a%20b', 'partitionValues': MAP {'p': 'x'}, 'size': 1::BIGINT, "
      "'modificationTime': 2::BIGINT, 'dataChange': false, 'stats': '{\"numRecords\":3}', "
      "'stats_parsed': {'numRecords': 3, 'minValues': {'t': TIMESTAMP '2020-01-01 00:00:00'}}, "
      "'partitionValues_parsed': {'p': 'x'}} AS add, {'domain': 'd'} AS \"domainMetadata\"",
      Name(5, "0000000002.0000000002."));

  const Snapshot read = ReadNewest();

  EXPECT_EQ(read.version, 5);
  EXPECT_EQ(read.metadata.partition_columns, std::vector<std::string>{"p"});
  ASSERT_EQ(read.files.size(), 1U);
  EXPECT_EQ(read.files[0].path, "a%20b");
  EXPECT_EQ(read.files[0].partition_values.at("p"), "x");
  EXPECT_EQ(read.files[0].stats, R"({"numRecords":3})");
}

TEST_F(CheckpointTest, TakesPartsWithoutAnyActionThatItKnows) {
  PutForeign(fmt::format("SELECT {} AS protocol, NULL AS \"metaData\" UNION ALL SELECT NULL, {}",
                         kProtocolRow, MetadataRow()),
             Name(5, "0000000001.0000000003."));
  PutForeign("SELECT {'domain': 'd'} AS \"domainMetadata\"", Name(5, "0000000002.0000000003."));
  PutForeign("SELECT {'path': 'a'} AS add WHERE false", Name(5, "0000000003.0000000003."));

  EXPECT_EQ(ReadNewest().files.size(), 0U);
}

TEST_F(CheckpointTest, ReadsTheSidecarsOfEitherKindOfV2Checkpoint) {
  const std::string uuid = "80a083e8-7026-4e79-81be-64bd76c43a11";
  table_.folder.store->MakeFolder("_delta_log/_sidecars/");
  for (const char* name : {"one", "t wo"}) {
    PutForeign(fmt::format("SELECT {{'path': '{}', 'size': 1::BIGINT}} AS add", name),
               fmt::format("_sidecars/{}.parquet", name));
  }
  const std::string url = table_.folder.store->Url("_delta_log/_sidecars/t%20wo.parquet");
  table_.folder.store->Put(
      fmt::format("_delta_log/{:020}.checkpoint.{}.json", 3, uuid),
      fmt::format("{{\"checkpointMetadata\": {{\"version\": 3}}}}\n{}"
                  "{{\"sidecar\": {{\"path\": \"one.parquet\"}}}}\n"
                  "{{\"sidecar\": {{\"path\": \"file://{}\"}}}}\n",
                  EntryOf({Protocol(), HandmadeMetadata(), HandmadeAdd("own")}), url));
  EXPECT_EQ(PathsOf(ReadNewest()), (std::vector<std::string>{"one", "own", "t wo"}));

  PutForeign(fmt::format("SELECT {} AS protocol, NULL AS \"metaData\", NULL AS sidecar UNION ALL "
                         "SELECT NULL, {}, NULL UNION ALL "
                         "SELECT NULL, NULL, {{'path': 'one.parquet', 'sizeInBytes': 1}}",
                         kProtocolRow, MetadataRow()),
             Name(4, uuid + "."));
  EXPECT_EQ(PathsOf(ReadNewest()), (std::vector<std::string>{"one"}));
  table_.folder.store->Delete("_delta_log/_sidecars/one.parquet");
  EXPECT_NE(ErrorOf<UserError>([&] { ReadNewest(); }).find("_sidecars/one.parquet"),
            std::string::npos);
}

TEST_F(CheckpointTest, NamesTheFileThatIsCorruptOrMissing) {
  WriteCheckpoint(table_.folder, Small(3), connection_);
  const std::string key = Newest()->keys[0];
  const std::string bytes = table_.folder.store->Get(key).value();
  const auto error = [&] {
    return ErrorOf<UserError>([&] { ReadCheckpoint(table_.folder, {3, {key}}, connection_); });
  };

  for (const std::string& broken :
       {bytes.substr(0, bytes.size() / 2), std::string("x"), std::string()}) {
    table_.folder.store->Put(key, broken);
    EXPECT_NE(error().find(key), std::string::npos) << error();
  }
  table_.folder.store->Delete(key);
  EXPECT_NE(error().find(key), std::string::npos) << error();
}

TEST_F(CheckpointTest, RefusesACheckpointWithoutProtocolOrMetadata) {
  PutForeign(fmt::format("SELECT {} AS protocol", kProtocolRow), Name(1));
  EXPECT_NE(ErrorOf<UserError>([&] { ReadNewest(); }).find("metaData"), std::string::npos);

  PutForeign(fmt::format("SELECT {} AS \"metaData\"", MetadataRow()), Name(2));
  EXPECT_NE(ErrorOf<UserError>([&] { ReadNewest(); }).find("protocol"), std::string::npos);
}

TEST_F(CheckpointTest, IsWhatTheTableOpensFromWhateverThePointerSays) {
  table_.Put(0, {Protocol(), HandmadeMetadata(), HandmadeAdd("a")});
  table_.Put(1, {HandmadeAdd("b")});
  Snapshot snapshot = LoadSnapshot(table_.folder, connection_);
  WriteCheckpoint(table_.folder, snapshot, connection_);
  table_.Put(2, {HandmadeAdd("c")});
  table_.folder.store->Delete(LogEntryKey(0));
  table_.folder.store->Put("_delta_log/_last_checkpoint", "{\"version\":");

  EXPECT_EQ(PathsOf(LoadSnapshot(table_.folder, connection_)),
            (std::vector<std::string>{"a", "b", "c"}));
}

class CleanUpLogTest : public CheckpointTest {
 protected:
  CleanUpLogTest() {
    for (int version = 0; version <= 4; ++version) {
      table_.Put(version, {Protocol(), HandmadeMetadata(), HandmadeAdd("a")});
    }
    WriteCheckpoint(table_.folder, Small(1), connection_);
    WriteCheckpoint(table_.folder, Small(3), connection_);
  }
  ~CleanUpLogTest() override { unsetenv("WEIR_NOW"); }

  std::int64_t CleanUpAfter(int days) {
    const Micros then = Now() + static_cast<Micros>(days) * 86'400'000'000;
    setenv("WEIR_NOW", FormatTimestamp(then).c_str(), 1);
    return CleanUpLog(table_.folder, snapshot_);
  }

  Snapshot snapshot_ = Small(4);
};

TEST_F(CleanUpLogTest, KeepsWhatIsYoungerThanTheRetention) {
  EXPECT_EQ(CleanUpAfter(29), 0);
  EXPECT_EQ(Listing().size(), 8U);
}

TEST_F(CleanUpLogTest, DeletesWhatAnOldCheckpointReplaces) {
  EXPECT_EQ(CleanUpAfter(32), 4);  // entries 0, 1, 2 and the checkpoint of 1

  EXPECT_EQ(Newest(2), std::nullopt);
  EXPECT_EQ(LoadSnapshot(table_.folder, connection_).version, 4);
  EXPECT_EQ(LoadSnapshot(table_.folder, connection_, {.version = 3, .as_of = {}}).version, 3);
}

TEST_F(CleanUpLogTest, ObeysTheTablesSettings) {
  snapshot_.metadata.configuration["delta.enableExpiredLogCleanup"] = "false";
  EXPECT_EQ(CleanUpAfter(32), 0);

  snapshot_.metadata.configuration = {{"delta.logRetentionDuration", "interval 60 days"}};
  EXPECT_EQ(CleanUpLog(table_.folder, snapshot_), 0);
}

}  // namespace
}  // namespace weir::lake
