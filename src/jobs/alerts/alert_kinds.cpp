#include "jobs/alerts/alert_kinds.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/nearest_name.h"
#include "connectors/secrets.h"
#include "jobs/steps/child_process.h"
#include "jobs/steps/time_limit.h"
#include "net/http_post.h"
#include "net/send_mail.h"
#include "project/duration.h"

namespace weir::jobs {
namespace {

using Settings = nlohmann::json;

std::string Text(const Settings& settings, const char* name) { return settings.value(name, ""); }

Setting TimeLimitSetting(const char* standard) {
  return {.name = "time_limit", .standard = standard, .doc = "how long it may take, such as 10 s"};
}

std::chrono::milliseconds TimeLimitOf(const Settings& settings) {
  const std::string text = Text(settings, "time_limit");
  const auto limit = project::ParseDuration(text);
  if (!limit) {
    throw UserError("setting 'time_limit' is '{}'; a time such as 10 s is allowed", text);
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(*limit);
}

bool IsFilledIn(const std::string& text) { return text.find("{secret.") == std::string::npos; }

void CheckUrl(const Settings& settings, const char* name,
              std::initializer_list<std::string_view> schemes) {
  const std::string url = Text(settings, name);
  const bool fits =
      std::ranges::any_of(schemes, [&](auto scheme) { return url.starts_with(scheme); });
  if (!fits && IsFilledIn(url)) {
    throw UserError("setting '{}' is '{}'; it begins with {}", name, url,
                    fmt::join(schemes, " or "));
  }
}

void RunAlertCommand(const AlertMessage& message) {
  const TimeLimit limit(message.stop, TimeLimitOf(message.settings));
  std::string output;
  try {
    const ChildEnd end = RunChild(
        {.argv = {"/bin/sh", "-c", Text(message.settings, "command")},
         .environment = {},
         .folder = message.project_folder,
         .input = message.json + "\n"},
        [&](std::string_view line) { output = line; }, limit.token());
    if (end.exit_code != 0 || end.signal != 0) {
      throw ExternalError("the command ended with {}{}",
                          end.signal != 0 ? fmt::format("signal {}", end.signal)
                                          : fmt::format("exit code {}", end.exit_code),
                          output.empty() ? "" : ": " + output);
    }
  } catch (const CancelledError&) {
    throw ExternalError("the command ran past its time limit of {}",
                        Text(message.settings, "time_limit"));
  }
}

AlertKind CommandKind() {
  return {.name = "command",
          .doc = "Any program: a shell line that gets the message as JSON on its input.",
          .settings = {{.name = "command",
                        .required = true,
                        .doc = "what /bin/sh runs, in the project's folder"},
                       TimeLimitSetting("30 s")},
          .check = [](const Settings& settings) { TimeLimitOf(settings); },
          .deliver = RunAlertCommand};
}

void PostAlert(const AlertMessage& message) {
  const std::string authorization = Text(message.settings, "authorization");
  net::HttpPost request{
      .url = Text(message.settings, "url"),
      .headers = {"Content-Type: application/json", "Idempotency-Key: " + message.identity},
      .body = message.json,
      .time_limit = TimeLimitOf(message.settings)};
  if (!authorization.empty()) {
    request.headers.push_back("Authorization: " + authorization);
  }
  net::Post(request);
}

AlertKind WebhookKind() {
  return {.name = "webhook",
          .doc = "An HTTP POST of the message as JSON.",
          .settings = {{.name = "url", .required = true, .doc = "where to, http or https"},
                       {.name = "authorization", .doc = "the header of that name"},
                       TimeLimitSetting("10 s")},
          .check =
              [](const Settings& settings) {
                CheckUrl(settings, "url", {"http://", "https://"});
                TimeLimitOf(settings);
              },
          .deliver = PostAlert};
}

std::vector<std::string> AddressesOf(const Settings& settings) {
  std::vector<std::string> addresses;
  std::string_view rest;
  const std::string text = Text(settings, "to");
  for (rest = text; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (!Trimmed(part).empty()) {
      addresses.emplace_back(Trimmed(part));
    }
  }
  return addresses;
}

void MailAlert(const AlertMessage& message) {
  net::SendMail({.server = Text(message.settings, "server"),
                 .user = Text(message.settings, "user"),
                 .password = Text(message.settings, "password"),
                 .from = Text(message.settings, "from"),
                 .to = AddressesOf(message.settings),
                 .subject = message.subject,
                 .text = message.text,
                 .identity = message.identity,
                 .sent = message.time,
                 .time_limit = TimeLimitOf(message.settings)});
}

AlertKind MailKind() {
  return {.name = "mail",
          .doc = "A plain text mail, by SMTP.",
          .settings = {{.name = "server",
                        .required = true,
                        .doc = "smtp://host:25 (TLS where it is offered) or smtps://host:465"},
                       {.name = "from", .required = true, .doc = "the sender's address"},
                       {.name = "to", .required = true, .doc = "addresses, commas between"},
                       {.name = "user", .doc = "who logs in; nobody by default"},
                       {.name = "password", .doc = "a secret: '{secret.x}'"},
                       TimeLimitSetting("30 s")},
          .check =
              [](const Settings& settings) {
                CheckUrl(settings, "server", {"smtp://", "smtps://"});
                TimeLimitOf(settings);
                if (AddressesOf(settings).empty()) {
                  throw UserError("setting 'to' is '{}'; addresses are needed, commas between",
                                  Text(settings, "to"));
                }
              },
          .deliver = MailAlert};
}

std::vector<std::string> MistakesOfAlert(const project::ConnectionLine& line) {
  try {
    const AlertKind& kind = FindAlertKind(line.kind);
    std::vector<std::string> mistakes =
        SettingMistakes(kind.settings, connectors::SettingsOf(line));
    if (mistakes.empty()) {
      kind.check(CompleteSettings(kind.settings, connectors::SettingsOf(line)));
    }
    return mistakes;
  } catch (const UserError& problem) {
    return {problem.what()};
  }
}

}  // namespace

const std::vector<AlertKind>& AlertKinds() {
  static const std::vector<AlertKind> kKinds = {CommandKind(), MailKind(), WebhookKind()};
  return kKinds;
}

const AlertKind& FindAlertKind(const std::string& name) {
  std::vector<std::string> names;
  for (const AlertKind& kind : AlertKinds()) {
    names.push_back(kind.name);
    if (kind.name == name) {
      return kind;
    }
  }
  throw UserError("kind '{}': allowed are {}{}", name, fmt::join(names, ", "),
                  DidYouMean(name, names));
}

void CheckAlerts(const project::Project& project, project::Mistakes& mistakes) {
  std::set<project::Place> told;
  for (const project::Environment& environment : project.environments) {
    for (const project::ConnectionLine& line : environment.alerts) {
      if (!told.insert(line.place).second) {
        continue;
      }
      for (const std::string& mistake : MistakesOfAlert(line)) {
        mistakes.Note(line.place, fmt::format("alert '{}': {}", line.name, mistake));
      }
    }
  }
}

}  // namespace weir::jobs
