#include "cli/job/run_observer.h"

#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/job/status_line.h"
#include "cli/print_json.h"
#include "cli/units.h"
#include "jobs/plan/interval_json.h"

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
    Json event = About({{"event", "start"}}, instance, run.interval);
    event["why"] = run.why;
    Print(event);
  }
  void OnEnd(const JobInstance& instance, const RunOutcome& outcome) override {
    const RunRecord& record = outcome.record;
    Json steps = Json::array();
    for (const jobs::StepRecord& step : record.steps) {
      steps.push_back({{"name", step.name}, {"rows", step.rows}, {"seconds", step.seconds}});
    }
    Json event = About({{"event", "end"}, {"run", record.key.id()}}, instance, record.key.interval);
    event.update({{"state", OutcomeText(outcome)},
                  {"rows", record.rows},
                  {"seconds", record.seconds},
                  {"steps", steps},
                  {"error", record.error}});
    Print(event);
  }
  void OnSkip(const JobInstance& instance, const PlannedRun& run, const std::string& why) override {
    Json event = About({{"event", "skip"}}, instance, run.interval);
    event["why"] = why;
    Print(event);
  }
  void OnAlert(const jobs::AlertReport& report) override {
    Json event = {{"event", "alert"},        {"to", report.to},
                  {"kind", report.kind},     {"cause", ToText(report.alert.cause)},
                  {"job", report.alert.job}, {"partition", report.alert.partition}};
    event.update(jobs::IntervalJson(report.alert.interval));
    event.update({{"run", report.alert.run},
                  {"attempt", report.alert.attempt},
                  {"outcome", report.outcome},
                  {"problem", report.problem}});
    Print(event);
  }

 private:
  static Json About(Json event, const JobInstance& instance, const jobs::Interval& interval) {
    event.update({{"job", instance.job->name}, {"partition", instance.partition}});
    event.update(jobs::IntervalJson(interval));
    return event;
  }
  void Print(const Json& event) {
    out_ << event.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n" << std::flush;
  }
  std::ostream& out_;
};

// Lines for people; on a terminal with a last one that says what is running.
class LineObserver final : public jobs::RunObserver {
 public:
  explicit LineObserver(std::size_t terminal_width) {
    if (terminal_width > 0) {
      status_.emplace(std::cerr, terminal_width, [this] { return Status(); });
    }
  }

  void OnPlan(const std::vector<JobInstance>& /*instances*/, const jobs::Plan& plan) override {
    const std::lock_guard lock(mutex_);
    total_ += plan.runs.size() - left_;
    left_ = plan.runs.size();
    seconds_left_ = 0;
    for (const PlannedRun& run : plan.runs) {
      seconds_left_ += run.seconds.value_or(0);
    }
  }
  void OnStart(const JobInstance& instance, const PlannedRun& run) override {
    const std::string name = NameOfRun(instance, run.interval);
    {
      const std::lock_guard lock(mutex_);
      running_[name] = Clock::now();
      seconds_left_ -= run.seconds.value_or(0);
    }
    Print(fmt::format("{}: {}\n", name, run.why));
  }
  void OnEnd(const JobInstance& instance, const RunOutcome& outcome) override {
    const RunRecord& record = outcome.record;
    const std::string name = NameOfRun(instance, record.key.interval);
    const std::string left = Leave(name);
    if (outcome.result == jobs::RunResult::kHeld) {
      Print(fmt::format("{} {} by {}\n", name, OutcomeText(outcome), outcome.holder));
      return;
    }
    std::string lines = fmt::format("{} {}: {} rows in {:.2f} s{}{}\n", name, OutcomeText(outcome),
                                    FormatCount(record.rows), record.seconds, Rate(record), left);
    if (!record.error.empty()) {
      lines += fmt::format("  {}\n", record.error);
    }
    for (const jobs::CheckRecord& check : record.checks) {
      const bool is_told = record.error.find(check.message) != std::string::npos;
      if (check.outcome != "passed" && (check.message.empty() || !is_told)) {
        lines += fmt::format("  check {} {}: {}\n", check.name, check.outcome, check.message);
      }
    }
    Print(lines);
  }
  void OnSkip(const JobInstance& instance, const PlannedRun& run, const std::string& why) override {
    const std::string name = NameOfRun(instance, run.interval);
    Leave(name);
    Print(fmt::format("{} skipped: {}\n", name, why));
  }
  void OnAlert(const jobs::AlertReport& report) override {
    const std::string subject = fmt::format("alert {} ({})", report.to, report.kind);
    if (report.outcome == "failed") {
      Print(fmt::format("warning: {} was not delivered: {}\n", subject, report.problem));
    } else {
      Print(fmt::format("{} {}: {}\n", subject, report.outcome, ToText(report.alert)));
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  static std::string NameOfRun(const JobInstance& instance, const jobs::Interval& interval) {
    return fmt::format("{} {}", instance.name(), instance.Label(interval));
  }
  static std::string Rate(const RunRecord& record) {
    constexpr std::int64_t kWorthSaying = 100'000;
    return record.rows < kWorthSaying || record.seconds <= 0
               ? ""
               : fmt::format(", {} rows/s",
                             FormatCount(static_cast<std::int64_t>(
                                 static_cast<double>(record.rows) / record.seconds)));
  }

  void Print(const std::string& lines) {
    if (status_) {
      status_->Print(lines);
    } else {
      std::cerr << lines;
    }
  }
  // Notes that a run is over; what is left now, behind its line.
  std::string Leave(const std::string& name) {
    const std::lock_guard lock(mutex_);
    running_.erase(name);
    left_ -= left_ > 0 ? 1 : 0;
    return left_ == 0 ? "" : "; " + Left();
  }
  std::string Left() const {
    return seconds_left_ < 1 ? fmt::format("{} left", left_)
                             : fmt::format("{} left, about {:.0f} s", left_, seconds_left_);
  }
  // "3 of 14 done; 11 left, about 40 s | enricher batch 4 12 s, report 2026-01-05 1 s"
  std::string Status() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, started] : running_) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - started);
      names.push_back(fmt::format("{} {} s", name, seconds.count()));
    }
    return names.empty() ? ""
                         : fmt::format("{} of {} done; {} | {}", total_ - left_, total_, Left(),
                                       fmt::join(names, ", "));
  }

  std::mutex mutex_;
  std::map<std::string, Clock::time_point> running_;
  std::size_t total_ = 0;  // runs of all plans so far
  std::size_t left_ = 0;
  double seconds_left_ = 0;
  std::optional<StatusLine> status_;  // its thread ends before what it reads goes
};

}  // namespace

std::unique_ptr<jobs::RunObserver> MakeRunObserver(Services& services) {
  if (services.options().json) {
    return std::make_unique<JsonObserver>(services.out());
  }
  return std::make_unique<LineObserver>(TerminalWidth());
}

}  // namespace weir::cli
