#include <gtest/gtest.h>

#include "base/clock.h"
#include "jobs/plan/plan.h"

namespace weir::jobs {
namespace {

// What is outside afterwards is what the last run sent: without an order, with several runs at
// once, an older day's.
TEST(EffectsOrder, MissedDaysAreSentOneAfterAnother) {
  project::Job job;
  job.name = "send";
  job.external_effects = true;
  job.steps.emplace_back();
  const InstanceInput days{.input = {.name = "days", .table = "in.days"}};
  const std::vector<JobInstance> instances{
      {.job = &job, .partition = "", .schedule = Schedule(job.schedule), .reads = {days}}};
  PlanFacts facts;
  constexpr int kDays = 4;
  facts.now = 100 * kDay;
  facts.tables["in.days"] = {.latest = 0,
                             .has_intervals = true,
                             .extent = Interval{.start = 10 * kDay, .end = (10 + kDays) * kDay}};
  facts.runs.resize(1);
  facts.code_hashes = {""};
  facts.sources.resize(1);

  const Plan plan = MakePlan(instances, facts, {.instances = {0}});

  ASSERT_EQ(plan.runs.size(), kDays);
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    EXPECT_EQ(plan.runs[i].interval.start, (10 + static_cast<Micros>(i)) * kDay);
    EXPECT_EQ(plan.runs[i].follows,
              i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{i - 1});
  }
}

}  // namespace
}  // namespace weir::jobs
