// Against std::set.
#include "enrich/duplicates.h"

#include <random>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::enrich {
namespace {

// Ids that crowd in a few tables and slots, and some that are spread.
Hash128 RandomId(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return {.high = random() % 3, .low = random() % 3};
    case 1:
      return {.high = ~std::uint64_t{0} - random() % 2, .low = ~std::uint64_t{0} - random() % 50};
    case 2:
      return {.high = (random() % 4) << 56U | (random() % 40) << 30U, .low = random() % 10};
    default:
      return {.high = random(), .low = random()};
  }
}

TEST(DuplicatesTest, SaysWhatASetSays) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    DuplicateIndex index;
    std::set<std::pair<std::int32_t, Hash128>> seen;
    for (std::int32_t day = 0; day < 3; ++day) {
      index.Hold(day);
    }
    for (int batch = 0; batch < 20; ++batch) {
      std::vector<DayId> ids(random() % 500);
      std::vector<std::uint8_t> expected;
      for (DayId& id : ids) {
        id = {.day = static_cast<std::int32_t>(random() % 3), .id = RandomId(random)};
        expected.push_back(seen.emplace(id.day, id.id).second ? 1 : 0);
      }
      std::vector<std::uint8_t> is_new(ids.size());

      index.Insert(ids, is_new);

      ASSERT_EQ(is_new, expected);
      ASSERT_EQ(index.num_ids(), seen.size());
    }
    for (int probe = 0; probe < 1000; ++probe) {
      const DayId id{.day = static_cast<std::int32_t>(random() % 4), .id = RandomId(random)};
      ASSERT_EQ(index.Contains(id), seen.contains({id.day, id.id}));
    }
  }
}

TEST(DuplicatesTest, ADayIsLoadedAndDropped) {
  std::mt19937_64 random(TestSeed());
  std::vector<Hash128> ids;
  for (int count = 0; count < 3000; ++count) {
    ids.push_back({.high = random(), .low = random()});
  }
  DuplicateIndex index;
  index.Load(20000, ids);
  index.Load(20000, ids);
  index.Load(20001, std::span(ids).first(10));

  EXPECT_EQ(index.num_ids(), 3010U);
  EXPECT_EQ(index.days(), (std::vector<std::int32_t>{20000, 20001}));
  EXPECT_TRUE(index.Contains({.day = 20000, .id = ids[2999]}));
  EXPECT_FALSE(index.Contains({.day = 20001, .id = ids[2999]}));

  index.Drop(20000);

  EXPECT_FALSE(index.Holds(20000));
  EXPECT_FALSE(index.Contains({.day = 20000, .id = ids[2999]}));
  EXPECT_EQ(index.num_ids(), 10U);
}

// A day as it lives on behind the horizon: batch by batch, what may be a copy is asked for.
TEST(DuplicatesTest, AThinnedDaySaysWhatASetSays) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    DuplicateIndex index;
    std::set<Hash128> table;  // what is committed
    for (int count = 0; count < 2000; ++count) {
      table.insert({.high = random() % 500, .low = random() % 500});
    }
    const std::vector<Hash128> whole(table.begin(), table.end());
    if (random() % 2 == 0) {
      index.Load(7, whole);
      index.Thin(7);
    } else {
      index.HoldThin(7, whole);
    }
    for (int batch = 0; batch < 20; ++batch) {
      ASSERT_FALSE(index.Holds(7));
      ASSERT_TRUE(index.HasFilter(7));
      std::vector<DayId> ids(random() % 200);
      std::vector<std::uint8_t> expected;
      std::vector<Hash128> known;
      for (DayId& id : ids) {
        id = {.day = 7, .id = {.high = random() % 500, .low = random() % 500}};
        ASSERT_TRUE(index.MayHave(id) || !table.contains(id.id));
        if (index.MayHave(id) && table.contains(id.id)) {
          known.push_back(id.id);
        }
      }
      for (const DayId& id : ids) {
        expected.push_back(table.insert(id.id).second ? 1 : 0);
      }
      std::vector<std::uint8_t> is_new(ids.size());

      index.Load(7, known);
      index.Insert(ids, is_new);
      index.Thin(7);

      ASSERT_EQ(is_new, expected);
    }
  }
}

TEST(DuplicatesTest, ADroppedDayHasNoFilter) {
  DuplicateIndex index;
  index.HoldThin(7, std::vector<Hash128>{{.high = 1, .low = 2}});
  EXPECT_EQ(index.days(), std::vector<std::int32_t>{7});
  EXPECT_EQ(index.num_ids(), 0U);

  index.Drop(7);

  EXPECT_FALSE(index.HasFilter(7));
  EXPECT_TRUE(index.days().empty());
  EXPECT_THROW(index.MayHave({.day = 7, .id = {}}), std::out_of_range);
}

TEST(DuplicatesTest, ADayThatIsNotHeldIsABug) {
  DuplicateIndex index;
  const std::vector<DayId> ids(1);
  std::vector<std::uint8_t> is_new(1);
  EXPECT_THROW(index.Insert(ids, is_new), std::out_of_range);
}

TEST(DuplicatesTest, AnIdTakesTwentyTwoBytesAtMost) {
  std::mt19937_64 random(TestSeed());
  IdSet set;
  std::size_t next_look = 200000;
  while (set.size() < 1000000) {
    set.Insert({.high = random(), .low = random()});
    if (set.size() >= next_look) {
      EXPECT_LE(set.memory_bytes(), set.size() * 22) << set.size();
      next_look = next_look * 21 / 20;
    }
  }
}

}  // namespace
}  // namespace weir::enrich
