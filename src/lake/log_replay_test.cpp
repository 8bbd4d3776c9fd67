#include "lake/log_replay.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "lake/random_actions.h"

namespace weir::lake {
namespace {

using Entry = std::vector<Action>;

const std::string kVector = R"({"storageType":"u","pathOrInlineDv":"x","offset":1})";

// A few paths, so that files come and go; each at most once in an entry, as the protocol has it.
Entry RandomEntry(Random& random) {
  Entry entry;
  std::set<std::string> used;
  for (std::size_t actions = random() % 6; actions > 0; --actions) {
    const std::string path = "p%20" + std::to_string(random() % 8);
    const std::string vector = OneIn(random, 4) ? kVector : "";
    if (!used.insert(path + vector).second) {
      continue;
    }
    if (OneIn(random, 2)) {
      AddFile add = RandomAdd(random);
      add.path = path;
      add.deletion_vector = vector;
      entry.emplace_back(add);
    } else {
      RemoveFile remove = RandomRemove(random);
      remove.path = path;
      remove.deletion_vector = vector;
      entry.emplace_back(remove);
    }
  }
  if (OneIn(random, 3)) {
    entry.emplace_back(Txn{.app_id = OneIn(random, 2) ? "a" : "b",
                           .version = RandomNumber(random),
                           .last_updated = {}});
  }
  if (OneIn(random, 4)) {
    entry.emplace_back(RandomMetadata(random));
  }
  if (OneIn(random, 4)) {
    entry.emplace_back(RandomProtocol(random));
  }
  if (OneIn(random, 2)) {
    entry.emplace_back(RandomInfo(random));
  }
  return entry;
}

// The table by walking from the newest entry to the oldest: the first word on anything counts.
Snapshot WalkBack(const std::vector<Entry>& log) {
  Snapshot snapshot;
  std::set<std::pair<std::string, std::string>> seen;
  bool has_protocol = false;
  bool has_metadata = false;
  snapshot.version = static_cast<std::int64_t>(log.size()) - 1;
  for (auto entry = log.rbegin(); entry != log.rend(); ++entry) {
    for (const Action& action : *entry) {
      if (const auto* add = std::get_if<AddFile>(&action)) {
        if (seen.insert({add->path, add->deletion_vector}).second) {
          snapshot.files.push_back(*add);
        }
      } else if (const auto* remove = std::get_if<RemoveFile>(&action)) {
        if (seen.insert({remove->path, remove->deletion_vector}).second) {
          snapshot.tombstones.push_back(*remove);
        }
      } else if (const auto* txn = std::get_if<Txn>(&action)) {
        snapshot.txns.insert({txn->app_id, *txn});
      } else if (const auto* info = std::get_if<CommitInfo>(&action);
                 info && entry == log.rbegin()) {
        snapshot.timestamp = info->timestamp;
      } else if (const auto* protocol = std::get_if<Protocol>(&action); protocol && !has_protocol) {
        snapshot.protocol = *protocol;
        has_protocol = true;
      } else if (const auto* metadata = std::get_if<Metadata>(&action); metadata && !has_metadata) {
        snapshot.metadata = *metadata;
        has_metadata = true;
      }
    }
  }
  return snapshot;
}

template <typename File>
std::vector<File> Sorted(std::vector<File> files) {
  std::ranges::sort(files, {},
                    [](const File& file) { return std::pair(file.path, file.deletion_vector); });
  return files;
}

void ExpectSame(const Snapshot& left, const Snapshot& right) {
  EXPECT_EQ(left.version, right.version);
  EXPECT_EQ(left.timestamp, right.timestamp);
  EXPECT_EQ(left.protocol, right.protocol);
  EXPECT_EQ(left.metadata, right.metadata);
  EXPECT_EQ(Sorted(left.files), Sorted(right.files));
  EXPECT_EQ(Sorted(left.tombstones), Sorted(right.tombstones));
  EXPECT_EQ(left.txns, right.txns);
}

TEST(LogReplay, EqualsAWalkFromNewestToOldest) {
  Random random(TestSeed());
  for (int round = 0; round < TestRounds() * 10; ++round) {
    std::vector<Entry> log(random() % 20 + 1);
    std::ranges::generate(log, [&] { return RandomEntry(random); });

    LogReplay replay;
    for (std::size_t i = 0; i < log.size(); ++i) {
      replay.Apply(static_cast<std::int64_t>(i), log[i]);
    }
    ExpectSame(replay.Finish(), WalkBack(log));
    ASSERT_FALSE(HasFailure());
  }
}

TEST(LogReplay, GoesOnFromASnapshotAsFromItsEntries) {
  Random random(TestSeed());
  for (int round = 0; round < TestRounds() * 10; ++round) {
    std::vector<Entry> log(random() % 20 + 2);
    std::ranges::generate(log, [&] { return RandomEntry(random); });
    const std::size_t middle = random() % (log.size() - 1);

    LogReplay first;
    for (std::size_t i = 0; i <= middle; ++i) {
      first.Apply(static_cast<std::int64_t>(i), log[i]);
    }
    LogReplay second(first.Finish());
    for (std::size_t i = middle + 1; i < log.size(); ++i) {
      second.Apply(static_cast<std::int64_t>(i), log[i]);
    }
    ExpectSame(second.Finish(), WalkBack(log));
    ASSERT_FALSE(HasFailure());
  }
}

TEST(LogReplay, KnowsAFileByItsDecodedPath) {
  LogReplay replay;
  AddFile add;
  add.path = "p=a b";
  RemoveFile remove;
  remove.path = "p=a%20b";

  replay.Apply(0, {add});
  replay.Apply(1, {remove});

  EXPECT_TRUE(replay.Finish().files.empty());
}

TEST(LogReplay, KnowsADeletionVectorHoweverItIsWritten) {
  LogReplay replay;
  AddFile add;
  add.path = "a";
  add.deletion_vector =
      R"({"storageType":"u","pathOrInlineDv":"x","offset":1,"sizeInBytes":36,"cardinality":2})";
  RemoveFile remove;
  remove.path = "a";
  remove.deletion_vector =
      R"({"cardinality":2,"sizeInBytes":36,"offset":1,"pathOrInlineDv":"x","storageType":"u","maxRowIndex":null})";

  replay.Apply(0, {add});
  replay.Apply(1, {remove});

  EXPECT_TRUE(replay.Finish().files.empty());
}

}  // namespace
}  // namespace weir::lake
