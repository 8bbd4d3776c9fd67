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

// By the rule as it stands: what the finaliser has marked is final, up to the first folder without
// a mark within ten periods.
TEST(SecorCompleteUntil, IsTheEndOfTheNewestFolderThatIsMarked) {
  using Paths = std::vector<std::string>;
  const std::string file = "1_0_00000000000000000000.gz";
  const auto whole = [&](const std::string& folder) {
    return Paths{folder + "/" + file, folder + "/_SUCCESS"};
  };
  const auto all = [](const std::vector<Paths>& folders) {
    Paths paths;
    for (const Paths& folder : folders) {
      paths.insert(paths.begin(), folder.begin(), folder.end());
    }
    return paths;
  };
  const auto open = [&](const std::string& folder) { return Paths{folder + "/" + file}; };
  const auto until = [](const Paths& paths) -> std::string {
    const auto time = SecorCompleteUntil(paths);
    return time ? FormatTimestamp(*time) : "absent";
  };
  EXPECT_EQ(until({}), "absent");
  EXPECT_EQ(until({"some/" + file, "_SUCCESS", file}), "absent");
  EXPECT_EQ(until(whole("dt=2026-01-05")), FormatTimestamp(*ParseTimestamp("2026-01-06")));
  EXPECT_EQ(until(all({whole("dt=2026-01-05"), open("dt=2026-01-06")})),
            FormatTimestamp(*ParseTimestamp("2026-01-06")));
  EXPECT_EQ(until(all({whole("dt=2026-01-05"), whole("dt=2026-01-09")})),  // days that don't exist
            FormatTimestamp(*ParseTimestamp("2026-01-10")));
  EXPECT_EQ(until(all({open("dt=2026-01-05"), whole("dt=2026-01-09")})),  // it is written again
            FormatTimestamp(*ParseTimestamp("2026-01-05")));
  EXPECT_EQ(until(all({open("dt=2025-12-05"), whole("dt=2026-01-09")})),  // nobody will mark it
            FormatTimestamp(*ParseTimestamp("2026-01-10")));
  EXPECT_EQ(until(all({open("dt=2026-01-07"), open("dt=2026-01-06")})),
            FormatTimestamp(*ParseTimestamp("2026-01-06")));
  EXPECT_EQ(until(all({whole("dt=2026-01-05/hr=00"), whole("dt=2026-01-05/hr=01"),
                       open("dt=2026-01-05/hr=02")})),
            FormatTimestamp(*ParseTimestamp("2026-01-05T02:00:00Z")));
  EXPECT_EQ(until(all({whole("dt=2026-01-05/hr=00/min=58"), whole("dt=2026-01-05/hr=00/min=59")})),
            FormatTimestamp(*ParseTimestamp("2026-01-05T01:00:00Z")));
  EXPECT_EQ(until({"dt=2026-01-05/_SUCCESS"}),  // it has no events
            FormatTimestamp(*ParseTimestamp("2026-01-06")));
  EXPECT_EQ(until(all({whole("dt=2026-01-05/hr=00"), {"dt=2026-01-05/_SUCCESS"}})),
            FormatTimestamp(*ParseTimestamp("2026-01-06")));
  EXPECT_EQ(until(whole("dt=2026-01-05/hr=24")), "absent");
}

}  // namespace
}  // namespace weir::connectors
