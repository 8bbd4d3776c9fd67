#include "cli/ingest_lag.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

jobs::RunRecord BatchOf(Micros started, Micros ended, std::vector<std::string> read) {
  jobs::RunRecord record;
  record.started = started;
  record.ended = ended;
  record.files_read = std::move(read);
  return record;
}

TEST(IngestLagTest, CountsOffsetsOfOnePartitionOverTheNewestBatches) {
  constexpr Micros kSecond = 1'000'000;
  std::vector<jobs::RunRecord> batches = {
      BatchOf(0, kSecond, {"af/0 offsets=0-99", "af/1 offsets=7-7"}),
      BatchOf(3 * kSecond, 4 * kSecond, {"af/0 offsets=100-299", "af/10 offsets=0-9999"})};

  EXPECT_EQ(RateOf("af/0", batches), 300.0 / 4);
  EXPECT_EQ(RateOf("af/1", batches), 1.0 / 4);
  EXPECT_EQ(RateOf("af/2", batches), std::nullopt);

  for (int i = 0; i < 10; ++i) {
    batches.push_back(BatchOf((10 + i) * kSecond, (11 + i) * kSecond, {"af/0 offsets=300-304"}));
  }
  EXPECT_EQ(RateOf("af/0", batches), 50.0 / 10);
  EXPECT_EQ(RateOf("af/1", batches), std::nullopt);
}

}  // namespace
}  // namespace weir::cli
