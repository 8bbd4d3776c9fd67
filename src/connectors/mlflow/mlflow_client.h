#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/declared_settings.h"

namespace weir::connectors {

// The settings of a connection of kind "mlflow".
std::vector<Setting> MlflowSettings();

// MLflow's REST API, version 2.0. Whatever the server refuses or doesn't answer is an
// ExternalError, without the token. A stop ends the work before the next request with
// CancelledError. One thread.
class MlflowClient {
 public:
  using Query = std::map<std::string, std::string>;

  // `settings` of a connection of kind "mlflow". Throws UserError for unknown ones.
  MlflowClient(const std::map<std::string, std::string>& settings, std::stop_token stop);

  // Paths are those below /api/2.0/mlflow/, as "runs/create". Nothing if there is no such thing.
  std::optional<nlohmann::json> Get(const std::string& path, const Query& query) const;
  nlohmann::json Post(const std::string& path, const nlohmann::json& body) const;
  // Takes away what `body` names, if it is there.
  void Delete(const std::string& path, const nlohmann::json& body) const;
  // Makes something that may be there already. Returns false if it is.
  bool Create(const std::string& path, const nlohmann::json& body) const;
  // Throws UserError for an experiment whose artifacts lie elsewhere than with the server: before
  // anything is made there.
  static void CheckTakesArtifacts(const std::string& experiment, const std::string& location);
  // Writes a file below an artifact location of the server's own ("mlflow-artifacts:/…").
  void PutFile(const std::string& location, const std::string& name,
               const std::string& bytes) const;

 private:
  struct Answer {
    long status = 0;
    std::string text;
    std::string error;  // the server's code for it
  };

  Answer Send(const std::string& method, const std::string& path, const std::string& type,
              const std::string& body) const;
  nlohmann::json Checked(const std::string& path, const Answer& answer) const;
  [[noreturn]] void Refused(const std::string& path, const Answer& answer) const;

  std::string url_;
  std::string token_;
  std::chrono::seconds time_limit_;
  std::stop_token stop_;
};

}  // namespace weir::connectors
