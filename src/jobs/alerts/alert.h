#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/ledger/run_record.h"
#include "jobs/plan/instance.h"

// What people are told of a job (`alerts:`), as values.
namespace weir::jobs {

enum class AlertCause : std::uint8_t {
  kFailed,   // a run failed, by an error or by checks
  kWarned,   // a run succeeded, but checks of severity warn didn't pass
  kOverdue,  // `wait` has passed since an interval's end, and what it needs isn't complete
};

// "failed", "warned", "overdue".
std::string ToText(AlertCause cause);

struct Alert {
  AlertCause cause = AlertCause::kFailed;
  std::string job{};
  std::string partition{};
  Interval interval{};
  std::string label{};  // of the interval, for people
  std::string run{};    // "" of kOverdue
  int attempt = 0;
  std::string error{};                // or what an overdue interval waits for
  std::vector<CheckRecord> checks{};  // that didn't pass

  // Whose message it is: the run's attempt, or the interval, with the cause. Letters, digits, '.',
  // '-' and '_'.
  std::string id() const;
};

// "job sales of 2026-01-05 failed: no file …", without a line break at its end.
std::string ToText(const Alert& alert);

// What programs get: one JSON object, with its text under "text".
std::string ToJson(const Alert& alert, const std::string& project, const std::string& environment);

}  // namespace weir::jobs
