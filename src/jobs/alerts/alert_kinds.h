#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/declared_settings.h"
#include "project/mistakes.h"
#include "project/project.h"

// How alerts reach people: what `kind:` of a line under `alerts:` of weir.yaml may be.
namespace weir::jobs {

// One message on its way.
struct AlertMessage {
  nlohmann::json settings;  // of the line under `alerts:`, complete, secrets filled in
  std::string identity;     // the same when the same message is sent again
  std::string subject;
  std::string text;
  std::string json;
  Micros time = 0;
  std::filesystem::path project_folder;
  std::stop_token stop;
};

struct AlertKind {
  std::string name;
  std::string doc;
  std::vector<Setting> settings;
  // Whatever is wrong with settings by themselves; throws UserError.
  std::function<void(const nlohmann::json& settings)> check;
  // Throws UserError or ExternalError if it wasn't delivered. Any thread.
  std::function<void(const AlertMessage& message)> deliver;
};

// The one visible table of all kinds.
const std::vector<AlertKind>& AlertKinds();

// Throws UserError with the nearest name.
const AlertKind& FindAlertKind(const std::string& name);

// What is wrong with the alerts of all environments, once a line.
void CheckAlerts(const project::Project& project, project::Mistakes& mistakes);

}  // namespace weir::jobs
