#include "jobs/alerts/alert.h"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "jobs/plan/interval_json.h"

namespace weir::jobs {

std::string ToText(AlertCause cause) {
  constexpr std::array<const char*, 3> kTexts = {"failed", "warned", "overdue"};
  return kTexts.at(static_cast<std::size_t>(cause));
}

std::string Alert::id() const {
  const RunKey key{.job = job, .partition = partition, .interval = interval};
  return cause == AlertCause::kOverdue ? fmt::format("{}.{}", key.id(), ToText(cause))
                                       : fmt::format("{}.{}.{}", run, attempt, ToText(cause));
}

std::string ToText(const Alert& alert) {
  const std::string name =
      alert.partition.empty() ? alert.job : fmt::format("{}[{}]", alert.job, alert.partition);
  if (alert.cause == AlertCause::kOverdue) {
    return fmt::format("job {} of {} is overdue: {}", name, alert.label, alert.error);
  }
  std::string text =
      fmt::format("job {} of {} {}", name, alert.label,
                  alert.cause == AlertCause::kFailed ? "failed" : "succeeded, but checks warn");
  if (alert.cause == AlertCause::kFailed && !alert.error.empty()) {
    return fmt::format("{}: {}", text, alert.error);
  }
  for (const CheckRecord& check : alert.checks) {
    text += fmt::format("\ncheck '{}'{}: {}", check.name,
                        check.subject.empty() ? "" : " of " + check.subject, check.message);
  }
  return text;
}

std::string ToJson(const Alert& alert, const std::string& project, const std::string& environment) {
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const CheckRecord& check : alert.checks) {
    checks.push_back({{"name", check.name},
                      {"subject", check.subject},
                      {"outcome", check.outcome},
                      {"message", check.message},
                      {"failures", check.failures}});
  }
  nlohmann::ordered_json json = {{"text", ToText(alert)}, {"cause", ToText(alert.cause)},
                                 {"project", project},    {"environment", environment},
                                 {"job", alert.job},      {"partition", alert.partition}};
  json.update(IntervalJson(alert.interval));
  json.update(
      {{"run", alert.run}, {"attempt", alert.attempt}, {"error", alert.error}, {"checks", checks}});
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace weir::jobs
