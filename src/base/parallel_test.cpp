#include "base/parallel.h"

#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(ParallelFor, CallsEachIndexOnce) {
  for (const int threads : {-1, 0, 1, 2, 7, 100}) {
    std::vector<std::atomic<int>> calls(50);
    ParallelFor(calls.size(), threads, [&](std::size_t i) { ++calls[i]; });
    for (const auto& count : calls) {
      ASSERT_EQ(count, 1);
    }
  }
}

TEST(ParallelFor, DoesNothingForNone) {
  ParallelFor(0, 4, [](std::size_t) { FAIL(); });
}

TEST(ParallelFor, WithOneThreadStaysOnTheCallers) {
  std::set<std::thread::id> threads;
  ParallelFor(10, 1, [&](std::size_t) { threads.insert(std::this_thread::get_id()); });
  EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
}

TEST(ParallelFor, RethrowsAndBeginsNothingMore) {
  std::atomic<int> begun{0};
  const auto work = [&](std::size_t i) {
    ++begun;
    if (i == 3) {
      throw std::runtime_error("three");
    }
  };
  EXPECT_THROW(ParallelFor(1'000'000, 1, work), std::runtime_error);
  EXPECT_EQ(begun, 4);
}

TEST(ParallelFor, RethrowsTheFailureWithTheLeastIndex) {
  std::atomic<int> waiting{0};
  const auto fail_together = [&](std::size_t i) {
    ++waiting;
    while (waiting < 4) {
      std::this_thread::yield();
    }
    throw std::runtime_error(std::to_string(i));
  };
  try {
    ParallelFor(4, 4, fail_together);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "0");
  }
}

}  // namespace
}  // namespace weir
