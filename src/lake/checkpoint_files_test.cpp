#include "lake/checkpoint_files.h"

#include <limits>

#include <gtest/gtest.h>

namespace weir::lake {
namespace {

using Names = std::vector<std::string>;

// The newest among files of `_delta_log/` with these names.
std::optional<CheckpointFiles> Newest(
    const Names& names, std::int64_t limit = std::numeric_limits<std::int64_t>::max()) {
  std::vector<storage::ObjectInfo> listing;
  for (const std::string& name : names) {
    listing.push_back({.key = "_delta_log/" + name});
  }
  return NewestCheckpoint(listing, limit);
}

const std::string kUuid = "80a083e8-7026-4e79-81be-64bd76c43a11";

TEST(NewestCheckpoint, IsTheNewestCompleteOne) {
  const Names names = {
      "00000000000000000010.checkpoint.parquet",
      "00000000000000000020.checkpoint.0000000001.0000000002.parquet",
      "00000000000000000020.checkpoint.0000000002.0000000002.parquet",
      "00000000000000000030.checkpoint.0000000001.0000000002.parquet",
      "00000000000000000031.json",
      "_last_checkpoint",
  };

  EXPECT_EQ(Newest(names)->version, 20);
  EXPECT_EQ(Newest(names)->keys.size(), 2U);
  EXPECT_EQ(Newest(names, 19)->version, 10);
  EXPECT_EQ(Newest(names, 9), std::nullopt);
}

TEST(NewestCheckpoint, KnowsV2CheckpointsByTheirUuid) {
  EXPECT_EQ(Newest({"00000000000000000007.checkpoint." + kUuid + ".parquet"})->version, 7);
  EXPECT_EQ(Newest({"00000000000000000007.checkpoint." + kUuid + ".json"})->version, 7);
}

TEST(NewestCheckpoint, PrefersAClassicOneAndThatInFewParts) {
  const Names names = {
      "00000000000000000007.checkpoint." + kUuid + ".json",
      "00000000000000000007.checkpoint.0000000001.0000000002.parquet",
      "00000000000000000007.checkpoint.0000000002.0000000002.parquet",
      "00000000000000000007.checkpoint.parquet",
  };

  EXPECT_EQ(Newest(names)->keys, Names{"_delta_log/" + names.back()});
  EXPECT_EQ(Newest({names.begin(), names.end() - 1})->keys.size(), 2U);
}

TEST(NewestCheckpoint, IgnoresOtherNames) {
  for (const std::string rest : {"parquet.tmp", "json", "x.parquet", "0000000001.parquet",
                                 "0000000001.0000000000.parquet", "0000000002.0000000001.parquet",
                                 "0000000001.0000000001.json", "000000000a.0000000001.parquet"}) {
    EXPECT_EQ(Newest({"00000000000000000001.checkpoint." + rest}), std::nullopt) << rest;
  }
  EXPECT_EQ(Newest({"0000000000000000000x.checkpoint.parquet", "1.checkpoint.parquet", ""}),
            std::nullopt);
}

}  // namespace
}  // namespace weir::lake
