#include "connectors/secor/secor_path.h"

#include <random>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"

namespace weir::connectors {
namespace {

// formats.md §1: the path below the prefix "some_parent_dir".
TEST(SecorPath, OfTheSpecificationIsReadAndWritten) {
  const std::string text =
      "some_topic/some_partition/some_other_partition/10_0_00000000000000000100";
  const SecorPath path = ParseSecorPath(text);
  EXPECT_EQ(path, (SecorPath{.topic = "some_topic",
                             .partitions = {"some_partition", "some_other_partition"},
                             .generation = 10,
                             .kafka_partition = 0,
                             .last_kafka_partition = {},
                             .first_offset = 100,
                             .hash = {},
                             .extension = {}}));
  EXPECT_EQ(path.ToText(), text);
}

TEST(SecorPath, ComesBack) {
  std::mt19937_64 source(TestSeed());
  for (int round = 0; round < 1000; ++round) {
    SecorPath path{.topic = "t" + std::to_string(source() % 10),
                   .partitions = SecorPartitions(static_cast<Micros>(source() % (20'000ULL * kDay)),
                                                 static_cast<SecorDepth>(source() % 3)),
                   .generation = static_cast<std::int64_t>(source() % 100),
                   .kafka_partition = static_cast<std::int64_t>(source() % 100),
                   .last_kafka_partition = {},
                   .first_offset = 0,
                   .hash = {},
                   .extension = source() % 2 == 0 ? ".gz" : ""};
    if (source() % 3 == 0) {
      path.last_kafka_partition = path.kafka_partition + 3;
      path.hash = source() % 2 == 0 ? "X_-_1Q" : "abc";
    } else {
      path.first_offset = static_cast<std::int64_t>(source() >> 1U);
    }
    EXPECT_EQ(ParseSecorPath(path.ToText()), path) << path.ToText();
  }
}

TEST(SecorPath, ThatBreaksARuleIsRefusedWithItsName) {
  for (const char* text :
       {"", "10_0_100", "topic/10_0_100", "t/p/10_0", "t/p/10", "t/p/10_0_1_2", "t/p/x_0_100",
        "t/p/10_x_100", "t/p/10_0_x", "t/p/10_0_-5", "t/p/10_0_.gz", "t/p/_SUCCESS", "t/p/"}) {
    try {
      ParseSecorPath(text);
      ADD_FAILURE() << text;
    } catch (const UserError& mistake) {
      EXPECT_TRUE(std::string(mistake.what()).starts_with(std::string(text) + ": "))
          << mistake.what();
    }
  }
}

TEST(SecorPath, PartitionsAreOfUtc) {
  using Texts = std::vector<std::string>;
  const Micros time = *ParseTimestamp("2026-01-05T07:09:59.999999Z");
  EXPECT_EQ(SecorPartitions(time, SecorDepth::kDay), Texts{"dt=2026-01-05"});
  EXPECT_EQ(SecorPartitions(time, SecorDepth::kHour), (Texts{"dt=2026-01-05", "hr=07"}));
  EXPECT_EQ(SecorPartitions(time, SecorDepth::kMinute),
            (Texts{"dt=2026-01-05", "hr=07", "min=09"}));
  EXPECT_EQ(SecorPartitions(-1, SecorDepth::kMinute), (Texts{"dt=1969-12-31", "hr=23", "min=59"}));
}

}  // namespace
}  // namespace weir::connectors
