#include "jobs/steps/retry.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "jobs/steps/time_limit.h"

namespace weir::jobs {
namespace {

TEST(Retry, WaitsLongerEachTimeAndGivesUp) {
  std::vector<std::int64_t> waits;
  int calls = 0;
  const RetryPolicy policy{.retries = 5,
                           .sleep = [&](std::chrono::milliseconds time,
                                        const std::stop_token&) { waits.push_back(time.count()); },
                           .log = {}};

  EXPECT_THROW(WithRetries(policy, {},
                           [&] {
                             ++calls;
                             throw ExternalError("down");
                           }),
               ExternalError);

  EXPECT_EQ(calls, 6);
  EXPECT_EQ(waits, (std::vector<std::int64_t>{1000, 4000, 16000, 60000, 60000}));
}

TEST(Retry, CountsWhatItTook) {
  int calls = 0;
  std::vector<std::string> lines;
  const RetryPolicy policy{.retries = 2,
                           .sleep = [](std::chrono::milliseconds, const std::stop_token&) {},
                           .log = [&](const std::string& line) { lines.push_back(line); }};

  EXPECT_EQ(WithRetries(policy, {},
                        [&] {
                          if (++calls == 1) {
                            throw ExternalError("down");
                          }
                        }),
            1);
  EXPECT_EQ(lines, std::vector<std::string>{"down; retry 1 of 2 in 1 s"});
}

TEST(Retry, AUserErrorIsNotRetried) {
  int calls = 0;

  EXPECT_THROW(WithRetries({.retries = 2, .sleep = {}, .log = {}}, {},
                           [&] {
                             ++calls;
                             throw UserError("wrong");
                           }),
               UserError);

  EXPECT_EQ(calls, 1);
}

TEST(Retry, AStopEndsTheWaiting) {
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });

  EXPECT_THROW(WithRetries({.retries = 100, .sleep = SleepUnlessStopped, .log = {}},
                           stop.get_token(), [] { throw ExternalError("down"); }),
               CancelledError);
}

TEST(TimeLimit, StopsByItselfOrWithTheOuterOne) {
  std::stop_source outer;
  const TimeLimit soon(outer.get_token(), std::chrono::milliseconds(1));
  const TimeLimit never(outer.get_token(), std::nullopt);
  SleepUnlessStopped(std::chrono::hours(1), soon.token());
  EXPECT_TRUE(soon.has_passed());
  EXPECT_FALSE(never.token().stop_requested());

  outer.request_stop();

  EXPECT_TRUE(never.token().stop_requested());
  EXPECT_FALSE(never.has_passed());
}

TEST(TimeLimit, IsWrittenInItsLargestUnit) {
  EXPECT_EQ(DurationText(std::chrono::hours(48)), "48 h");
  EXPECT_EQ(DurationText(std::chrono::seconds(90)), "90 s");
  EXPECT_EQ(DurationText(std::chrono::seconds(120)), "2 min");
  EXPECT_EQ(DurationText(std::chrono::milliseconds(1500)), "1500 ms");
}

}  // namespace
}  // namespace weir::jobs
