#include "base/huge_pages.h"

#include <cstdint>
#include <numeric>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(HugePages, HoldVectorsOfAnySize) {
  constexpr std::size_t kMost = std::size_t{1} << 20;  // 8 MiB
  HugeVector<std::uint64_t> numbers;
  for (std::uint64_t number = 0; number < kMost; ++number) {
    numbers.push_back(number);  // grows past the size from which pages are huge
  }

  EXPECT_EQ(std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0}),
            kMost * (kMost - 1) / 2);
  numbers.resize(3);
  numbers.shrink_to_fit();  // and back
  EXPECT_EQ(numbers, HugeVector<std::uint64_t>({0, 1, 2}));
}

TEST(HugePages, AreAlignedForTheSystem) {
  constexpr std::size_t kPage = std::size_t{1} << 21;
  const HugeVector<char> large(3 * kPage);

  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large.data()) % kPage, 0U);
}

TEST(HugePages, RefuseMoreThanThereIs) {
  HugePages<std::uint64_t> pages;

  EXPECT_THROW(pages.allocate(std::numeric_limits<std::size_t>::max() / 2), std::bad_alloc);
}

}  // namespace
}  // namespace weir
