#include "lake/own_files.h"

#include <string_view>

#include <gtest/gtest.h>

namespace weir::lake {
namespace {

TEST(IsPartName, TellsFilesOfWeirFromThoseOfOthers) {
  for (const std::string_view key :
       {"part-01hx2y-0a1b2c3d-0.parquet", "day=2026-01-01/part-job.amer.1-ffffffff-12.parquet"}) {
    EXPECT_TRUE(IsPartName(key)) << key;
  }
  for (const std::string_view key :
       {"part-00000-8b2b7f3e-1c5a-4d0e-9f70-0a1b2c3d4e5f-c000.snappy.parquet",  // Spark
        "part-00001-8b2b7f3e-1c5a-4d0e-9f70-0a1b2c3d4e5f-c000.zstd.parquet",    // delta-rs
        "part-0.parquet", "part-0a1b2c3d-0.parquet", "part-x-0a1b2c3d-0.csv",
        "part-x-0A1B2C3D-0.parquet", "part-x-0a1b-0.parquet", "part-x-0a1b2c3d-.parquet",
        "apart-x-0a1b2c3d-0.parquet", "part-x-0a1b2c3d-0.parquet/x", ""}) {
    EXPECT_FALSE(IsPartName(key)) << key;
  }
}

}  // namespace
}  // namespace weir::lake
