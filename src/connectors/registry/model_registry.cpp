#include "connectors/registry/model_registry.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "connectors/files/described_file.h"
#include "connectors/files/local_path.h"
#include "connectors/files/temporary_target.h"
#include "connectors/registry/registration.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr auto kRegistry = "registry.json";

struct ModelVersion {
  std::string run_id;
  bool champion = false;
};

struct OlderFirst {
  bool operator()(const std::string& left, const std::string& right) const {
    return IsOlderVersion(left, right);
  }
};
using ModelVersions = std::map<std::string, ModelVersion, OlderFirst>;

// One model's folder.
class ModelFolder {
 public:
  ModelFolder(const fs::path& root, const std::string& name, std::size_t keep)
      : folder_(root / name), name_(name), keep_(keep) {
    ReadVersions();
  }

  void Add(const Registration& registration) {
    WriteRun(registration);
    Failpoint("registry:after-run");
    versions_[registration.version] = {.run_id = registration.run_id,
                                       .champion = registration.champion};
    LeaveOutOld();
    WriteVersions(registration.run_id);
    Failpoint("registry:after-registry");
    RemoveOthers();
  }

 private:
  void ReadVersions() {
    if (!fs::exists(folder_ / kRegistry)) {
      return;
    }
    const nlohmann::ordered_json json = ReadJsonFile(folder_ / kRegistry);
    try {
      for (const auto& version : json.at("versions")) {
        versions_[version.at("version")] = {.run_id = version.at("run_id"),
                                            .champion = version.at("champion")};
      }
    } catch (const Json::exception&) {
      throw UserError("{}: it isn't a registry of models; one that weir wrote is allowed",
                      (folder_ / kRegistry).string());
    }
  }

  void WriteRun(const Registration& registration) const {
    TemporaryTarget run(folder_ / registration.run_id, registration.run_id);
    fs::create_directories(run.path());
    for (const auto& [name, bytes] : registration.files) {
      std::ofstream(run.path() / name, std::ios::binary) << bytes;
    }
    std::ofstream(run.path() / "run.json") << RunJson(registration);
    Failpoint("registry:before-run");
    run.Publish();
  }

  const std::string* Champion() const {
    const std::string* champion = nullptr;
    for (const auto& [version, model] : versions_) {
      if (model.champion) {
        champion = &version;
      }
    }
    return champion;
  }

  void LeaveOutOld() {
    for (auto oldest = versions_.begin(); versions_.size() > keep_ && oldest != versions_.end();) {
      const std::string* const champion = Champion();
      const bool goes = champion == nullptr || *champion != oldest->first;
      oldest = goes ? versions_.erase(oldest) : std::next(oldest);
    }
  }

  void WriteVersions(const std::string& run_id) const {
    nlohmann::ordered_json versions = nlohmann::ordered_json::array();
    for (const auto& [version, model] : versions_) {
      versions.push_back(
          {{"version", version}, {"run_id", model.run_id}, {"champion", model.champion}});
    }
    nlohmann::ordered_json json{{"format", 1},
                                {"name", name_},
                                {"versions", versions},
                                {"aliases", nlohmann::ordered_json::object()}};
    if (const std::string* const champion = Champion()) {
      json["aliases"]["champion"] = *champion;
    }
    TemporaryTarget file(folder_ / kRegistry, run_id);
    WriteJsonFile(file.path(), json);
    file.Publish();
  }

  void RemoveOthers() const {
    std::set<std::string> named{kRegistry};
    for (const auto& [version, model] : versions_) {
      named.insert(model.run_id);
    }
    std::vector<fs::path> others;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with(".") && !named.contains(name)) {
        others.push_back(entry.path());
      }
    }
    for (const fs::path& path : others) {
      fs::remove_all(path);
    }
  }

  fs::path folder_;
  std::string name_;
  std::size_t keep_;
  ModelVersions versions_;
};

class ModelRegistry final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "model_registry",
        .doc = "Runs and their models as folders that MLflow loads, with versions and a champion.",
        .version = 1,
        .settings =
            {{Direction::kOut,
              {{.name = "path", .required = true, .doc = "the folder; relative to the project"},
               {.name = "keep",
                .type = SettingType::kInteger,
                .standard = 10,
                .least = 1,
                .doc = "versions of a model that are kept, besides the champion"}}}},
        .effect = Effect::kFile};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    CheckLocalPath(settings.value("path", ""));
  }

  SendReport Send(ConnectorContext& context) const override {
    CheckSettings(Direction::kOut, context.settings);
    const auto path = context.settings.at("path").get<std::string>();
    const fs::path root = LocalPath(context.folder, path);
    const auto keep = context.settings.at("keep").get<std::size_t>();
    const auto registrations = ReadRegistrations(context.connection, context.relation);
    WithFileErrors([&] {
      for (const Registration& registration : registrations) {
        ModelFolder(root, registration.model_name, keep).Add(registration);
      }
    });
    return {.identity = fmt::format("models in {}", path), .rows = std::ssize(registrations)};
  }
};

}  // namespace

std::unique_ptr<Connector> MakeModelRegistry() { return std::make_unique<ModelRegistry>(); }

}  // namespace weir::connectors
