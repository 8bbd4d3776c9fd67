// Intervals that `catch_up: last` leaves out, and the jobs that need them.
#include "jobs/plan/left_out.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "jobs/plan/plan.h"

namespace weir::jobs {
namespace {

constexpr Micros kFirst = 20'458 * kDay;  // 2026-01-05
constexpr int kDays = 6;

Interval NthDay(int number) {
  return {.start = kFirst + number * kDay, .end = kFirst + (number + 1) * kDay};
}

// `send` reads days from outside and catches up with the last; `report` reads what it writes, `sum`
// what that writes.
class LeftOutPlan : public testing::Test {
 protected:
  LeftOutPlan() {
    AddJob("send", "in.days");
    project_.jobs.back().catch_up = project::CatchUp::kLast;
    AddJob("report", "d.send");
    AddJob("sum", "d.report");
    facts_.now = kFirst + 100 * kDay;
    facts_.tables["in.days"] = {.latest = 0,
                                .has_intervals = true,
                                .extent = Interval{.start = kFirst, .end = kFirst + kDays * kDay}};
    facts_.runs.resize(3);
    facts_.sources.resize(3);
    facts_.code_hashes = {"", "", ""};
  }

  void AddJob(const std::string& name, const std::string& reads) {
    project::Job job;
    job.name = name;
    job.domain = "d";
    job.reads.emplace_back();
    job.reads.back().name = "rows";
    job.reads.back().table = reads;
    project::Output output;
    output.table = "d." + name;
    output.from = "rows";
    job.writes.push_back(output);
    project_.jobs.push_back(job);
  }

  project::Job& JobNamed(const std::string& name) {
    return *std::ranges::find(project_.jobs, name, &project::Job::name);
  }

  // All of `instances` are done for the day.
  void Finish(int day, const std::vector<std::size_t>& instances) {
    for (const std::size_t i : instances) {
      RunRecord run;
      run.key = {.job = project_.jobs[i].name, .partition = {}, .interval = NthDay(day)};
      run.state = RunState::kSucceeded;
      run.outputs.push_back({.table = project_.jobs[i].writes[0].table, .version = day});
      facts_.runs[i].succeeded.push_back(run);
      facts_.tables[run.outputs[0].table].latest = day;
    }
  }

  Plan PlanFor(const PlanOptions& options) {
    instances_ = MakeInstances(project_);
    return MakePlan(instances_, facts_, options);
  }

  // "report 2026-01-05: why", of intervals; those that are left out have a '!' in front.
  std::vector<std::string> Waiting(const Plan& plan) const {
    std::vector<std::string> told;
    for (const NotPlanned& waiting : plan.waiting) {
      if (waiting.interval) {
        const JobInstance& instance = instances_[waiting.instance];
        told.push_back((waiting.is_left_out ? "!" : "") + instance.name() + " " +
                       instance.Label(*waiting.interval) + ": " + waiting.why);
      }
    }
    return told;
  }

  static std::vector<std::pair<std::size_t, Interval>> Places(const Plan& plan) {
    std::vector<std::pair<std::size_t, Interval>> places;
    places.reserve(plan.runs.size());
    for (const PlannedRun& run : plan.runs) {
      places.emplace_back(run.instance, run.interval);
    }
    return places;
  }

  project::Project project_;
  std::vector<JobInstance> instances_;
  PlanFacts facts_;
};

TEST_F(LeftOutPlan, TellsWhichDaysWereLeftOutToAllThatNeedThem) {
  Finish(0, {0, 1, 2});
  const std::string why =
      "send of 2026-01-06 to 2026-01-09 was left out by 'catch_up: last'; 'weir backfill send "
      "--from 2026-01-06 --to 2026-01-09' and then 'weir run' make up for it";

  const Plan plan = PlanFor({.instances = {0, 1, 2}});

  const std::vector<std::pair<std::size_t, Interval>> last = {
      {0, NthDay(5)}, {1, NthDay(5)}, {2, NthDay(5)}};
  EXPECT_EQ(Places(plan), last);
  std::vector<std::string> expected;
  for (const char* job : {"report", "sum"}) {
    for (const char* day : {"06", "07", "08", "09"}) {
      expected.push_back("!" + std::string(job) + " 2026-01-" + day + ": " + why);
    }
  }
  EXPECT_EQ(Waiting(plan), expected);
}

TEST_F(LeftOutPlan, NamesOneDayAndItsPartition) {
  project_.partitions["region"] = {"amer"};
  JobNamed("send").per = "region";
  JobNamed("send").writes[0].table = "d.send_{region}";
  JobNamed("report").reads[0].table = "d.send_amer";
  for (const int day : {0, 2}) {
    Finish(day, {0});
    facts_.runs[0].succeeded.back().outputs[0].table = "d.send_amer";
  }
  facts_.tables["in.days"].extent = Interval{.start = NthDay(0).start, .end = NthDay(2).end};

  const Plan plan = PlanFor({.instances = {0, 1}});

  const std::vector<std::string> expected = {
      "!report 2026-01-06: send[amer] of 2026-01-06 was left out by 'catch_up: last'; 'weir "
      "backfill send --partition region=amer --on 2026-01-06' and then 'weir run' make up for it"};
  EXPECT_EQ(Waiting(plan), expected);
}

TEST_F(LeftOutPlan, OfAJobThatIsNotSelectedLeavesOutWhatIsOlderThanDone) {
  Finish(0, {0});
  Finish(2, {0});

  const Plan plan = PlanFor({.instances = {1}});

  const std::vector<std::pair<std::size_t, Interval>> done = {{1, NthDay(0)}, {1, NthDay(2)}};
  EXPECT_EQ(Places(plan), done);
  const std::vector<std::string> expected = {
      "!report 2026-01-06: send of 2026-01-06 was left out by 'catch_up: last'; 'weir backfill "
      "send --on 2026-01-06' and then 'weir run' make up for it"};
  EXPECT_EQ(Waiting(plan), expected);
}

TEST_F(LeftOutPlan, WhatWaitsForADayToComeOrForOneThatIsAskedForIsNotLeftOut) {
  JobNamed("report").reads.push_back(JobNamed("send").reads[0]);
  JobNamed("report").reads[1].name = "days";
  Finish(4, {0});  // the last day isn't done, and send doesn't run now

  const Plan without = PlanFor({.instances = {1}});
  const Plan asked = PlanFor(
      {.instances = {0, 1}, .only = AskedDays{.first = "2026-01-06", .last = "2026-01-06"}});

  ASSERT_EQ(Waiting(without).size(), 5U);
  EXPECT_EQ(Waiting(without).back(), "report 2026-01-10: waits for send of 2026-01-10");
  EXPECT_TRUE(Waiting(without).front().starts_with("!report 2026-01-05: "));
  const std::vector<std::pair<std::size_t, Interval>> both = {{0, NthDay(1)}, {1, NthDay(1)}};
  EXPECT_EQ(Places(asked), both);
  EXPECT_TRUE(Waiting(asked).empty());
}

TEST_F(LeftOutPlan, NothingIsWhereAllIsCaughtUpWith) {
  JobNamed("send").catch_up = project::CatchUp::kAll;
  Finish(2, {0});

  const Plan plan = PlanFor({.instances = {1}});

  const std::vector<std::string> expected = {"report 2026-01-05: waits for send of 2026-01-05",
                                             "report 2026-01-06: waits for send of 2026-01-06"};
  EXPECT_EQ(Waiting(plan), expected);
}

TEST_F(LeftOutPlan, WhatDoesWithoutIsPlanned) {
  JobNamed("report").due = project::Due::kWait;
  Finish(0, {0, 1});

  const Plan plan = PlanFor({.instances = {0, 1}});

  EXPECT_EQ(Places(plan).size(), 6U);
  EXPECT_TRUE(Waiting(plan).empty());
}

}  // namespace
}  // namespace weir::jobs
