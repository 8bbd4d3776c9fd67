#include "jobs/run/put_off_runs.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::jobs {
namespace {

constexpr Micros kPause = 7;

Interval DayOf(std::size_t number) {
  const auto start = static_cast<Micros>(number) * kDay;
  return {.start = start, .end = start + kDay};
}

RunPlanSummary Ended(std::size_t instance, std::size_t day, RunEnd end) {
  RunPlanSummary summary;
  summary.ends[{instance, DayOf(day)}] = end;
  return summary;
}

bool IsTried(const PutOffRuns& put_off, Micros now) {
  Plan plan;
  plan.runs.push_back({.instance = 3, .interval = DayOf(9)});
  return !put_off.Rest(plan, now).runs.empty();
}

TEST(PutOffRuns, PausesDoubleUpToSixteenAndBeginAnewAfterASuccess) {
  PutOffRuns put_off(kPause);
  Micros now = 1'000;
  EXPECT_TRUE(IsTried(put_off, now));
  for (int again = 0; again < 2; ++again) {
    for (const Micros pauses : {1, 2, 4, 8, 16, 16, 16}) {
      put_off.Note(Ended(3, 9, RunEnd::kFailed), now);
      put_off.Note(Ended(3, 8, RunEnd::kDone), now);  // another interval, and another job
      put_off.Note(Ended(2, 9, RunEnd::kDone), now);
      EXPECT_FALSE(IsTried(put_off, now + pauses * kPause - 1)) << pauses;
      now += pauses * kPause;
      EXPECT_TRUE(IsTried(put_off, now)) << pauses;
    }
    put_off.Note(Ended(3, 9, RunEnd::kDone), now);
    EXPECT_TRUE(IsTried(put_off, now));
  }
}

using Random = std::mt19937_64;

// Runs 0 … n-1, each with a name, that need and follow earlier ones; some are in chains.
Plan RandomPlan(Random& random) {
  Plan plan;
  const std::size_t count = random() % 12;
  for (std::size_t i = 0; i < count; ++i) {
    PlannedRun run{.instance = i % 3, .interval = DayOf(i), .why = fmt::format("run {}", i)};
    for (std::size_t other = 0; other < i; ++other) {
      if (random() % 5 == 0) {
        (random() % 2 == 0 ? run.needs : run.follows).push_back(other);
      }
    }
    if (random() % 3 == 0) {
      const bool goes_on = i > 0 && plan.runs.back().chain && random() % 3 != 0;
      run.chain = goes_on ? plan.runs.back().chain : i;
    }
    plan.runs.push_back(run);
  }
  return plan;
}

// By the definition: as long as there is one that may not stay, it goes.
std::set<std::string> Staying(const Plan& plan, const std::set<std::size_t>& failed) {
  std::set<std::size_t> gone = failed;
  for (std::size_t before = plan.runs.size() + 1; before != gone.size();) {
    before = gone.size();
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
      for (const std::size_t other : std::set<std::size_t>(gone)) {
        const PlannedRun& run = plan.runs[i];
        if (std::ranges::count(run.needs, other) > 0 ||
            (run.chain && run.chain == plan.runs[other].chain)) {
          gone.insert(i);
        }
      }
    }
  }
  std::set<std::string> staying;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    if (!gone.contains(i)) {
      staying.insert(plan.runs[i].why);
    }
  }
  return staying;
}

// What a run comes after, by names; of those that stay.
std::array<std::set<std::string>, 3> Links(const Plan& plan, const PlannedRun& run,
                                           const std::set<std::string>& staying) {
  std::array<std::set<std::string>, 3> links;
  for (const std::size_t other : run.needs) {
    links[0].insert(plan.runs.at(other).why);
  }
  for (const std::size_t other : run.follows) {
    if (staying.contains(plan.runs.at(other).why)) {
      links[1].insert(plan.runs.at(other).why);
    }
  }
  if (run.chain) {
    links[2].insert(plan.runs.at(*run.chain).why);
  }
  return links;
}

TEST(PutOffRuns, WhatStaysNeedsNothingThatIsLeftOut) {
  const std::uint64_t seed = TestSeed();
  std::cout << "seed " << seed << "\n";
  Random random(seed);
  for (int round = 0; round < TestRounds() * 10; ++round) {
    const Plan plan = RandomPlan(random);
    std::set<std::size_t> failed;
    PutOffRuns put_off(kPause);
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
      if (random() % 4 == 0) {
        failed.insert(i);
        put_off.Note(Ended(plan.runs[i].instance, i, RunEnd::kFailed), 0);
      }
    }
    const std::set<std::string> staying = Staying(plan, failed);

    const Plan rest = put_off.Rest(plan, kPause - 1);

    std::map<std::string, const PlannedRun*> before;
    for (const PlannedRun& run : plan.runs) {
      before[run.why] = &run;
    }
    ASSERT_EQ(rest.runs.size(), staying.size());
    for (const PlannedRun& run : rest.runs) {
      ASSERT_TRUE(staying.contains(run.why)) << run.why;
      EXPECT_EQ(Links(rest, run, staying), Links(plan, *before.at(run.why), staying)) << run.why;
    }
  }
}

}  // namespace
}  // namespace weir::jobs
