#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "connectors/secrets.h"
#include "jobs/alerts/alert.h"
#include "jobs/alerts/alert_kinds.h"
#include "project/project.h"
#include "storage/object_store.h"

namespace weir::jobs {

// What became of a message to one of the project's alerts.
struct AlertReport {
  Alert alert{};
  std::string to{};       // the alert's name in weir.yaml
  std::string kind{};     // "mail"
  std::string outcome{};  // "sent"; "shown": not sent in this environment; "failed"
  std::string problem{};  // of "failed"
};

using AlertReporter = std::function<void(const AlertReport& report)>;

struct AlertServices {
  const project::Project& project;  // with the environment whose alerts are used
  const connectors::Secrets& secrets;
  storage::ObjectStore& store;  // the warehouse's
  std::stop_token stop;
  AlertReporter report;  // called from the sender's thread
};

// Delivers alerts on a thread of its own, so that no run waits for a mail server. Each message is
// first claimed by an object `_weir/alerts/<id>.<name>.json`, put if absent, and only then sent: so
// it goes out at most once, whoever dies when, and is lost if this process dies between the two.
// In an environment that doesn't send, messages are only reported. Thread-safe.
class AlertSender {
 public:
  explicit AlertSender(AlertServices services);
  AlertSender(const AlertSender&) = delete;
  AlertSender& operator=(const AlertSender&) = delete;
  // Waits until all are delivered or given up.
  ~AlertSender();

  // Queues the message for those whom the job names; an alert that this environment doesn't have
  // is left out.
  void Send(const project::Job& job, const Alert& alert);

 private:
  struct Delivery {
    Alert alert;
    project::ConnectionLine line;
  };

  void Work();
  void Deliver(const Delivery& delivery);
  AlertMessage MessageOf(const Delivery& delivery, const AlertKind& kind) const;

  AlertServices services_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Delivery> queue_;
  bool ends_ = false;
  std::jthread worker_;  // last: it uses the others
};

}  // namespace weir::jobs
