#include "connectors/mlflow/mlflow_client.h"

#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/percent.h"
#include "net/http_request.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

constexpr auto kApi = "/api/2.0/mlflow/";
constexpr auto kArtifacts = "/api/2.0/mlflow-artifacts/artifacts/";
constexpr std::string_view kArtifactScheme = "mlflow-artifacts:/";

}  // namespace

std::vector<Setting> MlflowSettings() {
  return {{.name = "url", .required = true, .doc = "of the tracking server: http://host:5000"},
          {.name = "token", .doc = "sent as a bearer token; a secret: '{secret.x}'"},
          {.name = "timeout",
           .type = SettingType::kInteger,
           .standard = 60,
           .least = 1,
           .doc = "seconds for one request"}};
}

MlflowClient::MlflowClient(const std::map<std::string, std::string>& settings, std::stop_token stop)
    : stop_(std::move(stop)) {
  const Json complete = CompleteSettings(MlflowSettings(), Json(settings));
  url_ = WithoutEndSlashes(complete.at("url").get_ref<const std::string&>());
  token_ = complete.value("token", "");
  time_limit_ = std::chrono::seconds(complete.at("timeout").get<std::int64_t>());
}

std::optional<Json> MlflowClient::Get(const std::string& path, const Query& query) const {
  std::string full = kApi + path;
  for (char separator = '?'; const auto& [name, value] : query) {
    full += fmt::format("{}{}={}", std::exchange(separator, '&'), name, PercentEncode(value));
  }
  const Answer answer = Send("GET", full, "", "");
  if (answer.error == "RESOURCE_DOES_NOT_EXIST") {
    return std::nullopt;
  }
  return Checked(path, answer);
}

Json MlflowClient::Post(const std::string& path, const Json& body) const {
  return Checked(path, Send("POST", kApi + path, "application/json", body.dump()));
}

void MlflowClient::Delete(const std::string& path, const Json& body) const {
  const Answer answer = Send("DELETE", kApi + path, "application/json", body.dump());
  if (answer.error != "RESOURCE_DOES_NOT_EXIST") {
    Checked(path, answer);
  }
}

bool MlflowClient::Create(const std::string& path, const Json& body) const {
  const Answer answer = Send("POST", kApi + path, "application/json", body.dump());
  if (answer.error == "RESOURCE_ALREADY_EXISTS") {
    return false;
  }
  Checked(path, answer);
  return true;
}

void MlflowClient::CheckTakesArtifacts(const std::string& experiment, const std::string& location) {
  if (!location.starts_with(kArtifactScheme)) {
    throw UserError(
        "MLflow's experiment '{}' keeps artifacts at '{}', where its clients write them: the "
        "server runs with --no-serve-artifacts, or did so when the experiment was made; allowed is "
        "one that takes them itself (mlflow server --serve-artifacts --artifacts-destination "
        "PLACE), "
        "and an experiment that was made there",
        experiment, location);
  }
}

void MlflowClient::PutFile(const std::string& location, const std::string& name,
                           const std::string& bytes) const {
  if (!location.starts_with(kArtifactScheme)) {
    throw UserError(
        "MLflow keeps artifacts at '{}'; a server that takes them itself is allowed "
        "(mlflow server --artifacts-destination)",
        location);
  }
  std::string below = location.substr(kArtifactScheme.size());
  below.erase(0, below.find_first_not_of('/'));
  const std::string path = fmt::format("{}/{}", PercentEncode(below, "/"), PercentEncode(name));
  const Answer answer = Send("PUT", kArtifacts + path, "application/octet-stream", bytes);
  Checked("artifacts " + name, answer);
}

MlflowClient::Answer MlflowClient::Send(const std::string& method, const std::string& path,
                                        const std::string& type, const std::string& body) const {
  if (stop_.stop_requested()) {
    throw CancelledError();
  }
  net::HttpRequest request{
      .method = method, .url = url_ + path, .body = body, .time_limit = time_limit_};
  if (!type.empty()) {
    request.headers.push_back("Content-Type: " + type);
  }
  if (!token_.empty()) {
    request.headers.push_back("Authorization: Bearer " + token_);
  }
  net::HttpAnswer answer = net::Ask(request);
  const Json json = Json::parse(answer.body, nullptr, false);
  std::string error = json.is_object() ? json.value("error_code", "") : "";
  return {.status = answer.status, .text = std::move(answer.body), .error = std::move(error)};
}

Json MlflowClient::Checked(const std::string& path, const Answer& answer) const {
  constexpr long kFirstGood = 200;
  constexpr long kLastGood = 299;
  if (answer.status < kFirstGood || answer.status > kLastGood) {
    Refused(path, answer);
  }
  const Json json = Json::parse(answer.text.empty() ? "{}" : answer.text, nullptr, false);
  if (!json.is_object()) {
    Refused(path, answer);
  }
  return json;
}

void MlflowClient::Refused(const std::string& path, const Answer& answer) const {
  constexpr std::size_t kMostOfText = 300;
  std::string text = answer.text.substr(0, kMostOfText);
  for (std::size_t at = token_.empty() ? std::string::npos : text.find(token_);
       at != std::string::npos; at = text.find(token_, at)) {
    text.replace(at, token_.size(), "***");
  }
  throw ExternalError("MLflow answered {} to {}: {}", answer.status, path, text);
}

}  // namespace weir::connectors
