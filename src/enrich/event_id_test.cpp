#include "enrich/event_id.h"

#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::enrich {
namespace {

// All values of an event as owners, compared member by member.
struct Values {
  std::string party, uid;
  Micros ts = 0;
  std::string url, event;
  std::optional<std::int64_t> pixel_id;
  std::optional<std::string> order_id;

  friend auto operator<=>(const Values&, const Values&) = default;
};

Hash128 IdOf(const Values& values) {
  EventIds ids;
  return ids.Of({.party = values.party,
                 .uid = values.uid,
                 .ts = values.ts,
                 .url = values.url,
                 .event = values.event,
                 .pixel_id = values.pixel_id,
                 .order_id = values.order_id});
}

// Short texts of few letters, so that parts of neighbours are often the same when joined.
std::string RandomText(std::mt19937_64& random) {
  std::string text;
  for (std::uint64_t left = random() % 3; left > 0; --left) {
    text += random() % 2 == 0 ? '\0' : 'a';
  }
  return text;
}

Values RandomValues(std::mt19937_64& random) {
  Values values{.party = RandomText(random),
                .uid = RandomText(random),
                .ts = static_cast<Micros>(random() % 3),
                .url = RandomText(random),
                .event = RandomText(random),
                .pixel_id = {},
                .order_id = {}};
  if (random() % 2 == 0) {
    values.pixel_id = static_cast<std::int64_t>(random() % 3);
  }
  if (random() % 2 == 0) {
    values.order_id = RandomText(random);
  }
  return values;
}

TEST(EventIdTest, DifferentValuesHaveDifferentIdsAndEqualOnesTheSame) {
  std::mt19937_64 random(TestSeed());
  std::set<Values> values;
  std::set<Hash128> ids;
  for (int round = 0; round < 20000; ++round) {
    const Values drawn = RandomValues(random);
    values.insert(drawn);
    ids.insert(IdOf(drawn));
  }
  EXPECT_GT(values.size(), 1000U);
  EXPECT_EQ(ids.size(), values.size());
}

TEST(EventIdTest, NullIsNotEmpty) {
  Values values;
  const Hash128 null = IdOf(values);
  values.order_id = "";
  EXPECT_NE(IdOf(values), null);
}

TEST(EventIdTest, MappingIdsDependOnTimeAndEveryId) {
  std::set<Hash128> ids;
  const std::vector<std::vector<PartyId>> lists = {
      {},
      {{"st", "1"}},
      {{"st", "1"}, {"tt", "2"}},
      {{"st", "1t"}, {"t", "2"}},
      {{"st", ""}, {"", "1tt2"}},
      {{"st", "1"}, {"tt", "2"}, {"an", "3"}},
  };
  EventIds hasher;
  for (const Micros ts : {1, 2}) {
    for (const auto& list : lists) {
      ids.insert(hasher.OfMapping(ts, list));
      EXPECT_EQ(hasher.OfMapping(ts, list), EventIds().OfMapping(ts, list));
    }
  }
  EXPECT_EQ(ids.size(), lists.size() * 2);
}

}  // namespace
}  // namespace weir::enrich
