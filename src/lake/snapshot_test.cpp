#include "lake/snapshot.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "lake/handmade_table.h"
#include "lake/random_actions.h"

namespace weir::lake {
namespace {

using Paths = std::vector<std::string>;

class SnapshotTest : public testing::Test {
 protected:
  Snapshot Load(const VersionChoice& choice = {}) {
    return LoadSnapshot(table_.folder, connection_, choice);
  }
  Snapshot LoadVersion(std::int64_t version) {
    return Load({.version = version, .as_of = std::nullopt});
  }
  std::string LoadError(const VersionChoice& choice = {}) {
    return ErrorOf<UserError>([&] { Load(choice); });
  }
  static CommitInfo At(std::int64_t millis) {
    CommitInfo info;
    info.timestamp = millis;
    return info;
  }
  // Versions 0 … 3 at 10 s, 20 s, 30 s and 40 s; each but the first adds a file.
  void PutFourVersions() {
    table_.Put(0, {At(10'000), Protocol(), HandmadeMetadata()});
    table_.Put(1, {At(20'000), HandmadeAdd("a")});
    table_.Put(2, {At(30'000), HandmadeAdd("b")});
    table_.Put(3, {At(40'000), HandmadeRemove("a"), HandmadeAdd("c")});
  }

  HandmadeTable table_;
  sql::Database database_{{.memory_bytes = 256 << 20, .threads = 1, .spill_folder = {}}};
  sql::Connection connection_{database_.Connect()};
};

TEST_F(SnapshotTest, OfAFolderWithoutALogDoesNotExist) {
  EXPECT_FALSE(Load().exists());
  EXPECT_EQ(LatestVersion(table_.folder), -1);
  EXPECT_EQ(LoadError({.version = 0, .as_of = std::nullopt}), "there is no table s.t");
}

TEST_F(SnapshotTest, OpensEachVersion) {
  PutFourVersions();

  EXPECT_EQ(PathsOf(LoadVersion(0)), Paths{});
  EXPECT_EQ(PathsOf(LoadVersion(2)), (Paths{"a", "b"}));
  EXPECT_EQ(PathsOf(Load()), (Paths{"b", "c"}));
  EXPECT_EQ(Load().version, 3);
  EXPECT_EQ(Load().timestamp, 40'000);
  EXPECT_EQ(Load().metadata, HandmadeMetadata());
  EXPECT_EQ(LatestVersion(table_.folder), 3);
}

TEST_F(SnapshotTest, NamesTheVersionsThatThereAre) {
  PutFourVersions();

  EXPECT_EQ(LoadError({.version = 4, .as_of = std::nullopt}),
            "s.t has no version 4; its newest is 3");
  EXPECT_EQ(LoadError({.version = -1, .as_of = std::nullopt}),
            "s.t has no version -1; its newest is 3");
}

TEST_F(SnapshotTest, OpensTheNewestVersionNotLaterThanATime) {
  PutFourVersions();

  const auto as_of = [this](Micros time) {
    return Load({.version = std::nullopt, .as_of = time}).version;
  };
  EXPECT_EQ(as_of(10'000'000), 0);
  EXPECT_EQ(as_of(29'999'999), 1);
  EXPECT_EQ(as_of(30'000'000), 2);
  EXPECT_EQ(as_of(99'000'000), 3);
  EXPECT_EQ(
      LoadError({.version = std::nullopt, .as_of = 9'999'999}),
      "s.t has no version as of 1970-01-01T00:00:09.999999Z; its log begins with version 0 at "
      "1970-01-01T00:00:10Z");
}

TEST_F(SnapshotTest, TakesTheTimeOfTheFileWhereACommitTellsNone) {
  table_.Put(0, {Protocol(), HandmadeMetadata()});

  const Micros modified = table_.folder.store->Head(LogEntryKey(0)).value().modified;
  EXPECT_EQ(Load().timestamp, modified / 1000);
}

TEST_F(SnapshotTest, IgnoresWhatIsNoEntry) {
  PutFourVersions();
  for (const char* name :
       {".weir-lock", "00000000000000000004.crc", "00000000000000000004.json.tmp",
        "-0000000000000000001.json", "4.json", "99999999999999999999.json",
        "_commits/00000000000000000004.0123.json", "0000000000000000000x.json"}) {
    table_.folder.store->Put("_delta_log/" + std::string(name), "{");
  }

  EXPECT_EQ(Load().version, 3);
}

TEST_F(SnapshotTest, NamesTheEntryThatIsMissing) {
  PutFourVersions();
  table_.folder.store->Delete(LogEntryKey(1));

  const std::string error = LoadError();
  EXPECT_NE(error.find("00000000000000000001.json is missing"), std::string::npos) << error;
  EXPECT_EQ(PathsOf(LoadVersion(0)), Paths{});
}

TEST_F(SnapshotTest, NamesTheEntryThatIsCorrupt) {
  PutFourVersions();
  for (const char* text : {"", "{", "{\"add\":{\"path\":\"b\"", "null"}) {
    table_.folder.store->Put(LogEntryKey(2), text);

    const std::string error = LoadError();
    EXPECT_TRUE(error.starts_with(table_.folder.store->Url(LogEntryKey(2)) + ":")) << error;
    EXPECT_EQ(PathsOf(LoadVersion(1)), Paths{"a"});
  }
}

TEST_F(SnapshotTest, NamesTheEntryThatIsTruncatedAtAnyByte) {
  table_.Put(0, {At(1), Protocol(), HandmadeMetadata()});
  const std::string text =
      EntryOf({At(2), HandmadeAdd("é"), Txn{.app_id = "a", .version = 1, .last_updated = {}}});
  for (std::size_t length = 0; length < text.size(); ++length) {
    table_.folder.store->Put(LogEntryKey(1), text.substr(0, length));
    const std::string error = LoadError();
    ASSERT_TRUE(error.empty() || error.starts_with(table_.folder.store->Url(LogEntryKey(1))))
        << error;
  }
}

TEST_F(SnapshotTest, NeedsMetadata) {
  table_.Put(0, {At(1), Protocol()});
  EXPECT_EQ(LoadError(), "s.t can't be opened at version 0: its log has no metaData action");
}

TEST_F(SnapshotTest, ReadsLongLogsInParallelAsOneByOne) {
  Random random(TestSeed());
  table_.Put(0, {Protocol(), HandmadeMetadata()});
  std::set<std::string> live;
  for (std::int64_t version = 1; version < 600; ++version) {
    const std::string path = "p" + std::to_string(random() % 50);
    if (live.insert(path).second) {
      table_.Put(version, {HandmadeAdd(path)});
    } else {
      live.erase(path);
      table_.Put(version, {HandmadeRemove(path)});
    }
  }

  EXPECT_EQ(PathsOf(Load()), Paths(live.begin(), live.end()));
  EXPECT_EQ(Load().files.size() + Load().tombstones.size(), 50U);
  EXPECT_EQ(Load().num_bytes(), static_cast<std::int64_t>(live.size()) * 10);
}

}  // namespace
}  // namespace weir::lake
