#include "connectors/mlflow/mlflow_run.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

constexpr auto kRunTag = "weir.run_id";
constexpr auto kVersionTag = "weir.version";
constexpr auto kChampionTag = "weir.champion";  // of a version: "true" or "false"
constexpr auto kChampion = "champion";
constexpr auto kModelFolder = "model";
constexpr std::size_t kMostMetrics = 1000;  // of one request
constexpr std::size_t kMostParameters = 100;

std::int64_t NowMilliseconds() { return Now() / 1000; }

Json TagsOf(const Registration& registration) {
  return Json::array({{{"key", kRunTag}, {"value", registration.run_id}},
                      {{"key", kVersionTag}, {"value", registration.version}}});
}

// Empty if there is no such tag.
std::string TagOf(const Json& thing, std::string_view key) {
  for (const Json& tag : thing.value("tags", Json::array())) {
    if (tag.at("key") == key) {
      return tag.at("value");
    }
  }
  return "";
}

class MlflowRegistering {
 public:
  MlflowRegistering(const MlflowClient& client, std::string experiment,
                    const Registration& registration)
      : client_(client), experiment_(std::move(experiment)), registration_(registration) {}

  void Run() {
    const std::string experiment = ExperimentId();
    const Json run = FindRun(experiment).value_or(Json());
    const Json info = (run.is_null() ? CreateRun(experiment) : run).at("info");
    if (info.at("status") != "FINISHED") {
      Failpoint("mlflow:after-run");
      LogFigures(info);
      Failpoint("mlflow:after-figures");
      PutFiles(info);
      client_.Post(
          "runs/update",
          {{"run_id", info.at("run_id")}, {"status", "FINISHED"}, {"end_time", NowMilliseconds()}});
    }
    Failpoint("mlflow:before-version");
    const std::string version = VersionOf(info);
    Failpoint("mlflow:after-version");
    TagVersions(version);
    Failpoint("mlflow:before-champion");
    SettleChampion(version);
  }

 private:
  std::optional<Json> FindExperiment() const {
    return client_.Get("experiments/get-by-name", {{"experiment_name", experiment_}});
  }

  // Who makes it at the same moment makes it for us, too.
  std::string ExperimentId() const {
    std::optional<Json> found = FindExperiment();
    if (!found) {
      client_.Create("experiments/create", {{"name", experiment_}});
      found = FindExperiment();
    }
    if (!found) {
      throw ExternalError("MLflow has no experiment '{}' though it was just made", experiment_);
    }
    const Json& experiment = found->at("experiment");
    MlflowClient::CheckTakesArtifacts(experiment_, experiment.value("artifact_location", ""));
    return experiment.at("experiment_id");
  }

  std::optional<Json> FindRun(const std::string& experiment) const {
    const Json found = client_.Post(
        "runs/search", {{"experiment_ids", {experiment}},
                        {"filter", fmt::format("tags.`{}` = '{}'", kRunTag, registration_.run_id)},
                        {"max_results", 1}});
    const Json runs = found.value("runs", Json::array());
    return runs.empty() ? std::nullopt : std::optional(runs.at(0));
  }

  Json CreateRun(const std::string& experiment) const {
    return client_
        .Post("runs/create",
              {{"experiment_id", experiment},
               {"run_name", fmt::format("{} {}", registration_.model_name, registration_.version)},
               {"start_time", NowMilliseconds()},
               {"tags", TagsOf(registration_)}})
        .at("run");
  }

  // A metric is known by name, step, value and time: the run's start, so that one that is logged
  // again is the same one.
  void LogFigures(const Json& info) const {
    Json parameters = Json::array();
    for (const auto& [name, value] : registration_.parameters) {
      parameters.push_back({{"key", name}, {"value", value}});
    }
    Json metrics = Json::array();
    for (const Metric& metric : registration_.metrics) {
      metrics.push_back({{"key", metric.name},
                         {"value", metric.value},
                         {"timestamp", info.at("start_time")},
                         {"step", metric.step}});
    }
    LogInParts(info.at("run_id"), "params", parameters, kMostParameters);
    LogInParts(info.at("run_id"), "metrics", metrics, kMostMetrics);
  }

  void LogInParts(const std::string& run, const std::string& what, const Json& figures,
                  std::size_t most) const {
    for (std::size_t begin = 0; begin < figures.size(); begin += most) {
      const std::size_t end = std::min(begin + most, figures.size());
      Json part = Json::array();
      std::copy(figures.begin() + static_cast<std::ptrdiff_t>(begin),
                figures.begin() + static_cast<std::ptrdiff_t>(end), std::back_inserter(part));
      client_.Post("runs/log-batch", {{"run_id", run}, {what, part}});
    }
  }

  static std::string ModelLocation(const Json& info) {
    return fmt::format("{}/{}", info.at("artifact_uri").get<std::string>(), kModelFolder);
  }

  void PutFiles(const Json& info) const {
    for (const auto& [name, bytes] : registration_.files) {
      client_.PutFile(ModelLocation(info), name, bytes);
      Failpoint("mlflow:after-file");
    }
  }

  Json Versions() const {
    const auto found = client_.Get(
        "model-versions/search",
        {{"filter", fmt::format("name='{}'", registration_.model_name)}, {"max_results", "10000"}});
    return found ? found->value("model_versions", Json::array()) : Json::array();
  }

  // The number of the version that has this run's tag, which is made if there is none.
  std::string VersionOf(const Json& info) const {
    client_.Create("registered-models/create", {{"name", registration_.model_name}});
    for (const Json& version : Versions()) {
      if (TagOf(version, kRunTag) == registration_.run_id) {
        return version.at("version");
      }
    }
    return client_
        .Post("model-versions/create", {{"name", registration_.model_name},
                                        {"source", ModelLocation(info)},
                                        {"run_id", info.at("run_id")},
                                        {"tags", TagsOf(registration_)}})
        .at("model_version")
        .at("version");
  }

  // The `weir.version` of the model's champion; empty if there is none, or it isn't weir's.
  std::string ChampionTag() const {
    const auto found = client_.Get("registered-models/get", {{"name", registration_.model_name}});
    const Json model = found ? found->at("registered_model") : Json::object();
    for (const Json& alias : model.value("aliases", Json::array())) {
      if (alias.at("alias") == kChampion) {
        const auto version = client_.Get("model-versions/get", {{"name", registration_.model_name},
                                                                {"version", alias.at("version")}});
        return version ? TagOf(version->at("model_version"), kVersionTag) : "";
      }
    }
    return "";
  }

  void Tag(const std::string& version, const char* value) const {
    client_.Post("model-versions/set-tag", {{"name", registration_.model_name},
                                            {"version", version},
                                            {"key", kChampionTag},
                                            {"value", value}});
  }

  // Says which versions are champions. Those of earlier runs of the day are none any more.
  void TagVersions(const std::string& version) const {
    for (const Json& other : Versions()) {
      if (other.at("version") != version && TagOf(other, kVersionTag) == registration_.version &&
          TagOf(other, kChampionTag) != "false") {
        Tag(other.at("version"), "false");
      }
    }
    Tag(version, registration_.champion ? "true" : "false");
  }

  // The day's champion gets the alias; where the alias stands at an earlier run of the day, and the
  // day has no champion any more, the champion before gets it.
  void SettleChampion(const std::string& version) const {
    const std::string now = ChampionTag();
    if (registration_.champion && !IsOlderVersion(registration_.version, now)) {
      MakeChampion(version);
    } else if (!registration_.champion && now == registration_.version) {
      const std::string newest = NewestChampion();
      if (newest.empty()) {
        client_.Delete("registered-models/alias",
                       {{"name", registration_.model_name}, {"alias", kChampion}});
      } else {
        MakeChampion(newest);
      }
    }
  }

  // The number of the version that is the champion of the newest day; empty without one.
  std::string NewestChampion() const {
    std::string number;
    std::string newest;
    for (const Json& version : Versions()) {
      const std::string day = TagOf(version, kVersionTag);
      if (TagOf(version, kChampionTag) == "true" &&
          (number.empty() || IsOlderVersion(newest, day))) {
        number = version.at("version");
        newest = day;
      }
    }
    return number;
  }

  void MakeChampion(const std::string& version) const {
    client_.Post("registered-models/alias",
                 {{"name", registration_.model_name}, {"alias", kChampion}, {"version", version}});
  }

  const MlflowClient& client_;
  std::string experiment_;
  const Registration& registration_;
};

}  // namespace

void RegisterInMlflow(const MlflowClient& client, const std::string& experiment,
                      const Registration& registration) {
  try {
    MlflowRegistering(client, experiment, registration).Run();
  } catch (const Json::exception& error) {
    throw ExternalError("MLflow's answer isn't what its API promises: {}", error.what());
  }
}

}  // namespace weir::connectors
