#include "cli/job/run_observer.h"

#include <iostream>

#include <fmt/format.h>

#include "cli/print_json.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

using jobs::JobInstance;
using jobs::PlannedRun;
using jobs::RunOutcome;
using jobs::RunRecord;

std::string OutcomeText(const RunOutcome& outcome) {
  switch (outcome.result) {
    case jobs::RunResult::kHeld:
      return "held";
    case jobs::RunResult::kDoneByOther:
      return "done by another process";
    case jobs::RunResult::kRan:
      break;
  }
  switch (outcome.record.state) {
    case jobs::RunState::kSucceeded:
      return "succeeded";
    case jobs::RunState::kCancelled:
      return "cancelled";
    default:
      return "failed";
  }
}

class JsonObserver final : public jobs::RunObserver {
 public:
  explicit JsonObserver(std::ostream& out) : out_(out) {}

  void OnPlan(const std::vector<JobInstance>& /*instances*/, const jobs::Plan& plan) override {
    Print({{"event", "plan"}, {"runs", plan.runs.size()}, {"stale", plan.stale.size()}});
  }
  void OnStart(const JobInstance& instance, const PlannedRun& run) override {
    Print({{"event", "start"},
           {"job", instance.job->name},
           {"partition", instance.partition},
           {"start", FormatTimestamp(run.interval.start)},
           {"end", FormatTimestamp(run.interval.end)},
           {"why", run.why}});
  }
  void OnEnd(const JobInstance& instance, const RunOutcome& outcome) override {
    const RunRecord& record = outcome.record;
    Json steps = Json::array();
    for (const jobs::StepRecord& step : record.steps) {
      steps.push_back({{"name", step.name}, {"rows", step.rows}, {"seconds", step.seconds}});
    }
    Print({{"event", "end"},
           {"run", record.key.id()},
           {"job", instance.job->name},
           {"partition", instance.partition},
           {"start", FormatTimestamp(record.key.interval.start)},
           {"end", FormatTimestamp(record.key.interval.end)},
           {"state", OutcomeText(outcome)},
           {"rows", record.rows},
           {"seconds", record.seconds},
           {"steps", steps},
           {"error", record.error}});
  }
  void OnSkip(const JobInstance& instance, const PlannedRun& run, const std::string& why) override {
    Print({{"event", "skip"},
           {"job", instance.job->name},
           {"partition", instance.partition},
           {"start", FormatTimestamp(run.interval.start)},
           {"end", FormatTimestamp(run.interval.end)},
           {"why", why}});
  }

 private:
  void Print(const Json& event) {
    out_ << event.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n" << std::flush;
  }
  std::ostream& out_;
};

class LineObserver final : public jobs::RunObserver {
 public:
  void OnPlan(const std::vector<JobInstance>& /*instances*/, const jobs::Plan& plan) override {
    left_ = plan.runs.size();
    seconds_left_ = 0;
    for (const PlannedRun& run : plan.runs) {
      seconds_left_ += run.seconds.value_or(0);
    }
  }
  void OnStart(const JobInstance& instance, const PlannedRun& run) override {
    std::cerr << fmt::format("{} {}: {}\n", instance.name(), instance.Label(run.interval), run.why);
    seconds_left_ -= run.seconds.value_or(0);
  }
  void OnEnd(const JobInstance& instance, const RunOutcome& outcome) override {
    const RunRecord& record = outcome.record;
    left_ -= left_ > 0 ? 1 : 0;
    std::cerr << fmt::format("{} {} {}", instance.name(), instance.Label(record.key.interval),
                             OutcomeText(outcome));
    if (outcome.result == jobs::RunResult::kHeld) {
      std::cerr << " by " << outcome.holder << "\n";
      return;
    }
    std::cerr << fmt::format(": {} rows in {:.2f} s{}{}\n", FormatCount(record.rows),
                             record.seconds, Rate(record), Left());
    if (!record.error.empty()) {
      std::cerr << "  " << record.error << "\n";
    }
    for (const jobs::CheckRecord& check : record.checks) {
      if (check.outcome != "passed") {
        std::cerr << fmt::format("  check {} {}: {}\n", check.name, check.outcome, check.message);
      }
    }
  }
  void OnSkip(const JobInstance& instance, const PlannedRun& run, const std::string& why) override {
    left_ -= left_ > 0 ? 1 : 0;
    std::cerr << fmt::format("{} {} skipped: {}\n", instance.name(), instance.Label(run.interval),
                             why);
  }

 private:
  static std::string Rate(const RunRecord& record) {
    constexpr std::int64_t kWorthSaying = 100'000;
    return record.rows < kWorthSaying || record.seconds <= 0
               ? ""
               : fmt::format(", {} rows/s",
                             FormatCount(static_cast<std::int64_t>(
                                 static_cast<double>(record.rows) / record.seconds)));
  }
  std::string Left() const {
    if (left_ == 0) {
      return "";
    }
    return seconds_left_ < 1 ? fmt::format("; {} left", left_)
                             : fmt::format("; {} left, about {:.0f} s", left_, seconds_left_);
  }

  std::size_t left_ = 0;
  double seconds_left_ = 0;
};

}  // namespace

std::unique_ptr<jobs::RunObserver> MakeRunObserver(Services& services) {
  if (services.options().json) {
    return std::make_unique<JsonObserver>(services.out());
  }
  return std::make_unique<LineObserver>();
}

}  // namespace weir::cli
