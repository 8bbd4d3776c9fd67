#include "lake/retention.h"

#include <gtest/gtest.h>

namespace weir::lake {
namespace {

constexpr std::int64_t kHourMillis = 3'600'000;
constexpr std::int64_t kDayMillis = 24 * kHourMillis;

std::int64_t Tombstones(const std::string& setting) {
  Metadata metadata;
  metadata.configuration["delta.deletedFileRetentionDuration"] = setting;
  return TombstoneRetentionMillis(metadata);
}

TEST(Retention, ReadsIntervalsAsSparkWritesThem) {
  EXPECT_EQ(Tombstones("interval 2 days"), 2 * kDayMillis);
  EXPECT_EQ(Tombstones("1 week 1 day"), 8 * kDayMillis);
  EXPECT_EQ(Tombstones("INTERVAL 168 HOURS"), 7 * kDayMillis);
  EXPECT_EQ(Tombstones("interval 1 hour 30 minutes 1 second 5 milliseconds"),
            kHourMillis * 3 / 2 + 1005);
}

TEST(Retention, IsTheDefaultWhereTheSettingIsNone) {
  for (const char* text : {"", "interval", "soon", "3", "interval 2 fortnights", "days 2"}) {
    EXPECT_EQ(Tombstones(text), 7 * kDayMillis) << text;
  }
  EXPECT_EQ(LogRetentionMillis({}), 30 * kDayMillis);
  EXPECT_EQ(TransactionRetentionMillis({}), 30 * kDayMillis);
}

}  // namespace
}  // namespace weir::lake
