#include "jobs/alerts/alert_sender.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/failpoint.h"

namespace weir::jobs {
namespace {

constexpr auto kAlertFolder = "_weir/alerts/";

std::string ClaimKey(const Alert& alert, const std::string& to) {
  return fmt::format("{}{}.{}.json", kAlertFolder, alert.id(), to);
}

std::string ClaimText(const Alert& alert, const project::ConnectionLine& line) {
  return nlohmann::ordered_json{{"format", 1},
                                {"to", line.name},
                                {"kind", line.kind},
                                {"cause", ToText(alert.cause)},
                                {"time", FormatTimestamp(Now())}}
      .dump();
}

}  // namespace

AlertSender::AlertSender(AlertServices services)
    : services_(std::move(services)), worker_([this] { Work(); }) {}

AlertSender::~AlertSender() {
  const std::lock_guard lock(mutex_);
  ends_ = true;
  changed_.notify_all();
}

void AlertSender::Send(const project::Job& job, const Alert& alert) {
  const std::lock_guard lock(mutex_);
  const auto& known = services_.project.environment.alerts;
  for (const std::string& name : job.alerts) {
    const auto line = std::ranges::find(known, name, &project::ConnectionLine::name);
    if (line != known.end()) {
      queue_.push_back({.alert = alert, .line = *line});
    }
  }
  changed_.notify_all();
}

void AlertSender::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ends_ || !queue_.empty(); });
    if (queue_.empty()) {
      return;
    }
    const Delivery delivery = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    Deliver(delivery);
    lock.lock();
  }
}

void AlertSender::Deliver(const Delivery& delivery) {
  AlertReport report{.alert = delivery.alert,
                     .to = delivery.line.name,
                     .kind = delivery.line.kind,
                     .outcome = services_.project.environment.send ? "sent" : "shown"};
  try {
    if (services_.project.environment.send) {
      const AlertKind& kind = FindAlertKind(delivery.line.kind);
      const AlertMessage message = MessageOf(delivery, kind);
      if (!services_.store.PutIfAbsent(ClaimKey(delivery.alert, delivery.line.name),
                                       ClaimText(delivery.alert, delivery.line))) {
        return;  // it has been sent, or whoever was about to send it died
      }
      Failpoint("alert:after-claim");
      kind.deliver(message);
    }
  } catch (const std::exception& problem) {
    report.outcome = "failed";
    report.problem = services_.secrets.Redact(problem.what());
  }
  services_.report(report);
}

AlertMessage AlertSender::MessageOf(const Delivery& delivery, const AlertKind& kind) const {
  project::ConnectionLine line = delivery.line;
  for (auto& [name, value] : line.settings) {
    value = services_.secrets.Fill(value);
  }
  const project::Project& project = services_.project;
  const std::string text = ToText(delivery.alert);
  return {.settings = CompleteSettings(kind.settings, connectors::SettingsOf(line)),
          .identity = delivery.alert.id(),
          .subject = fmt::format("{} ({}): {}", project.name, project.environment.name,
                                 text.substr(0, text.find_first_of("\n:"))),
          .text = fmt::format(
              "{}\n\nproject {}, environment {}{}\n", text, project.name, project.environment.name,
              delivery.alert.run.empty()
                  ? ""
                  : fmt::format("\nrun {}, attempt {}: weir show run {}", delivery.alert.run,
                                delivery.alert.attempt, delivery.alert.run)),
          .json = ToJson(delivery.alert, project.name, project.environment.name),
          .time = Now(),
          .project_folder = project.folder,
          .stop = services_.stop};
}

}  // namespace weir::jobs
