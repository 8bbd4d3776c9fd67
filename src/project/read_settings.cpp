#include "project/read_settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/nearest_name.h"
#include "project/duration.h"
#include "project/substitution.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

constexpr auto kDefaultWarehouse = "warehouse";
constexpr auto kDefaultEnvironment = "dev";

bool IsUrl(const std::string& path) { return path.find("://") != std::string::npos; }

// Relative paths are taken from the project's folder, wherever weir was called.
std::string AbsolutePath(const std::string& path, const fs::path& folder) {
  return IsUrl(path) ? path : (folder / path).lexically_normal().string();
}

std::string AbsoluteLocation(const std::string& path, const Environment& environment,
                             const fs::path& folder) {
  const bool in_project = path == "." || path.starts_with("./") || path.starts_with("../");
  std::string location = IsUrl(path) || path.starts_with('/') || in_project
                             ? AbsolutePath(path, folder)
                             : fmt::format("{}/_files/{}", environment.warehouse, path);
  // Jobs go on with '/', and of an object's key two of them are a part.
  return IsUrl(location) ? std::string(WithoutEndSlashes(location)) : location;
}

std::map<std::string, std::string> TextsByKey(const YamlValue& map, std::string_view key) {
  std::map<std::string, std::string> texts;
  for (const YamlEntry& entry : map.Entries(key)) {
    texts.emplace(entry.key, entry.value.text);
  }
  return texts;
}

std::vector<ConnectionLine> ReadConnections(const YamlValue& map, std::string_view key) {
  std::vector<ConnectionLine> connections;
  for (const YamlEntry& entry : map.Entries(key)) {
    ConnectionLine line{.name = entry.key,
                        .kind = entry.value.Text("kind").value_or(""),
                        .settings = {},
                        .place = entry.place};
    for (const YamlEntry& setting : entry.value.entries) {
      if (!setting.value.entries.empty()) {
        line.maps.emplace(setting.key, TextsByKey(entry.value, setting.key));
      } else if (setting.key != "kind") {
        line.settings.emplace(setting.key, setting.value.text);
      }
    }
    connections.push_back(std::move(line));
  }
  return connections;
}

class SettingsReader {
 public:
  SettingsReader(const YamlValue& root, Project& project, Mistakes& mistakes)
      : root_(root), project_(project), mistakes_(mistakes) {}

  void Read() {
    ReadSimple();
    ReadVariables();
    ReadSecrets();
    ReadStores();
    project_.connections = ReadConnections(root_, "connections");
    CheckSecretNames("connections");
    CheckSecretNames("alerts");
    ReadEnvironments();
    CheckEnvironments();
  }

 private:
  void ReadSimple() {
    project_.name = root_.Text("name").value_or("");
    project_.memory = root_.Text("memory").value_or("");
    project_.time_zone = root_.Text("time_zone").value_or(project_.time_zone);
    project_.late = ParseDuration(root_.Text("late").value_or("")).value_or(project_.late);
    project_.keep_for_replay = ParseDuration(root_.Text("keep_for_replay").value_or(""))
                                   .value_or(project_.keep_for_replay);
    for (const YamlEntry& list : root_.Entries("partitions")) {
      project_.partitions.emplace(list.key, root_.Find("partitions")->Texts(list.key));
      CheckPartitionName(list);
    }
  }

  // A list is a name in braces, like these.
  void CheckPartitionName(const YamlEntry& list) {
    if (list.key == "ds" || list.key == "start" || list.key == "end" || list.key == "hour") {
      mistakes_.Note(list.place,
                     fmt::format("partitions '{}': {{{}}} is a run's own; another name is needed",
                                 list.key, list.key));
    }
  }

  void ReadVariables() {
    for (const YamlEntry& entry : root_.Entries("variables")) {
      const bool is_map = entry.value.kind == YamlValue::Kind::kMap;
      project_.variables.emplace(entry.key, is_map ? MapText(entry.value) : entry.value.text);
      if (!is_map && !ToJson(entry.value).is_string()) {
        project_.literal_variables.insert(entry.key);
      }
    }
  }

  // As SQL finds it: "xandr=an,files=an".
  static std::string MapText(const YamlValue& map) {
    std::string text;
    for (const YamlEntry& entry : map.entries) {
      text += fmt::format("{}{}={}", text.empty() ? "" : ",", entry.key, entry.value.text);
    }
    return text;
  }

  void ReadSecrets() {
    for (const YamlEntry& entry : root_.Entries("secrets")) {
      const auto file = entry.value.Text("file");
      project_.secrets.push_back({.name = entry.key,
                                  .env = entry.value.Text("env").value_or(""),
                                  .file = file ? AbsolutePath(*file, project_.folder) : "",
                                  .dev = entry.value.Text("dev").value_or(""),
                                  .place = entry.place});
    }
  }

  void ReadStores() {
    for (const YamlEntry& entry : root_.Entries("stores")) {
      project_.stores.push_back({.name = entry.key,
                                 .prefixes = entry.value.Texts("prefixes"),
                                 .endpoint = entry.value.Text("endpoint").value_or(""),
                                 .region = entry.value.Text("region").value_or(""),
                                 .credentials = TextsByKey(entry.value, "credentials"),
                                 .uses_role = entry.value.Text("credentials") == "role",
                                 .url_style = entry.value.Text("url_style").value_or(""),
                                 .read_only = entry.value.IsTrue("read_only"),
                                 .place = entry.place});
      for (const YamlEntry& credential : entry.value.Entries("credentials")) {
        CheckSecret(credential.value.text, credential.value.place);
      }
      CheckStore(project_.stores.back(), entry);
    }
  }

  void CheckStore(const Store& store, const YamlEntry& entry) {
    for (const Store& other : project_.stores) {
      for (const std::string& prefix : store.prefixes) {
        if (&other != &store && std::ranges::find(other.prefixes, prefix) != other.prefixes.end()) {
          mistakes_.Note(entry.value.PlaceOf("prefixes"),
                         fmt::format("stores '{}' and '{}' have the same prefix '{}'; each needs "
                                     "its own",
                                     other.name, store.name, prefix));
        }
      }
    }
  }

  void CheckSecret(const std::string& name, const Place& place) {
    std::vector<std::string> known;
    known.reserve(project_.secrets.size());
    for (const SecretLine& secret : project_.secrets) {
      known.push_back(secret.name);
    }
    if (std::ranges::find(known, name) == known.end()) {
      mistakes_.Note(place, fmt::format("unknown secret '{}'; 'secrets' has: {}{}", name,
                                        fmt::join(known, ", "), DidYouMean(name, known)));
    }
  }

  void CheckSecretsIn(const YamlValue& value) {
    for (const BracedName& name : BracedNames(value.text)) {
      if (name.name.starts_with("secret.")) {
        CheckSecret(name.name.substr(std::string_view("secret.").size()), value.place);
      }
    }
  }

  void CheckSecretNames(std::string_view key) {
    for (const YamlEntry& connection : root_.Entries(key)) {
      for (const YamlEntry& setting : connection.value.entries) {
        CheckSecretsIn(setting.value);
        for (const YamlEntry& inner : setting.value.entries) {
          CheckSecretsIn(inner.value);
        }
      }
    }
  }

  void ReadEnvironments() {
    for (const YamlEntry& entry : root_.Entries("environments")) {
      project_.environments.push_back(ReadEnvironment(entry));
    }
    if (!HasEnvironment(kDefaultEnvironment)) {
      project_.environments.push_back(ReadEnvironment(
          {.key = kDefaultEnvironment, .place = root_.place, .value = YamlValue()}));
    }
  }

  Environment ReadEnvironment(const YamlEntry& entry) const {
    const std::string warehouse =
        entry.value.Text("warehouse").value_or(root_.Text("warehouse").value_or(kDefaultWarehouse));
    const bool sends =
        entry.value.Has("send") ? entry.value.IsTrue("send") : entry.key != kDefaultEnvironment;
    Environment environment{
        .name = entry.key,
        .warehouse = AbsolutePath(warehouse, project_.folder),
        .locations = TextsByKey(entry.value, "locations"),
        .read_from = entry.value.Text("read_from").value_or(""),
        .send = sends,
        .publish = entry.value.Has("publish") ? ToJson(*entry.value.Find("publish")) : nullptr,
        .alerts = ReadConnections(entry.value, "alerts"),
        .place = entry.place};
    environment.locations.merge(TextsByKey(root_, "locations"));
    for (auto& [name, path] : environment.locations) {
      path = AbsoluteLocation(path, environment, project_.folder);
    }
    for (const ConnectionLine& alert : ReadConnections(root_, "alerts")) {
      if (std::ranges::find(environment.alerts, alert.name, &ConnectionLine::name) ==
          environment.alerts.end()) {
        environment.alerts.push_back(alert);
      }
    }
    return environment;
  }

  bool HasEnvironment(const std::string& name) const {
    return std::ranges::find(project_.environments, name, &Environment::name) !=
           project_.environments.end();
  }

  const YamlValue* EnvironmentNamed(const std::string& name) const {
    for (const YamlEntry& entry : root_.Entries("environments")) {
      if (entry.key == name) {
        return &entry.value;
      }
    }
    return nullptr;
  }

  void CheckEnvironments() {
    std::vector<std::string> names;
    names.reserve(project_.environments.size());
    for (const Environment& environment : project_.environments) {
      names.push_back(environment.name);
    }
    for (const YamlEntry& entry : root_.Entries("environments")) {
      const std::string from = entry.value.Text("read_from").value_or("");
      if (from == entry.key || (!from.empty() && !HasEnvironment(from))) {
        std::vector<std::string> others = names;
        std::erase(others, entry.key);
        mistakes_.Note(entry.value.PlaceOf("read_from"),
                       fmt::format("read_from '{}': another environment is needed; there are: "
                                   "{}{}",
                                   from, fmt::join(names, ", "), DidYouMean(from, others)));
      }
      const YamlValue* other = from == entry.key ? nullptr : EnvironmentNamed(from);
      const auto further = other == nullptr ? std::nullopt : other->Text("read_from");
      if (further) {
        mistakes_.Note(entry.value.PlaceOf("read_from"),
                       fmt::format("read_from '{}': that environment reads from '{}' itself; one "
                                   "that reads from none is needed",
                                   from, *further));
      }
    }
    CheckWarehouses();
  }

  // Two environments with one warehouse would take each other's runs for their own; also `dev`,
  // where nobody has written it.
  void CheckWarehouses() {
    std::map<std::string, const Environment*> by_warehouse;
    for (const Environment& environment : project_.environments) {
      const auto [first, is_new] = by_warehouse.emplace(environment.warehouse, &environment);
      if (is_new) {
        continue;
      }
      const bool is_written = EnvironmentNamed(environment.name) != nullptr;
      mistakes_.Note(
          is_written ? environment.place : first->second->place,
          fmt::format(
              "environments '{}' and '{}' have the same warehouse; each needs its own{}",
              first->second->name, environment.name,
              is_written ? ""
                         : fmt::format("; '{}' is there without being written", environment.name)));
    }
  }

  const YamlValue& root_;
  Project& project_;
  Mistakes& mistakes_;
};

}  // namespace

void ReadSettings(const YamlValue& root, Project& project, Mistakes& mistakes) {
  SettingsReader(root, project, mistakes).Read();
}

void ChooseEnvironment(Project& project, const std::string& name) {
  const std::string wanted = name.empty() ? kDefaultEnvironment : name;
  for (SecretLine& secret : project.secrets) {
    secret.in_dev = wanted == kDefaultEnvironment;
  }
  std::vector<std::string> names;
  for (const Environment& environment : project.environments) {
    names.push_back(environment.name);
    if (environment.name == wanted) {
      project.environment = environment;
      project.warehouse = environment.warehouse;
      return;
    }
  }
  throw UserError("unknown environment '{}'; weir.yaml has: {}{}", wanted, fmt::join(names, ", "),
                  DidYouMean(wanted, names));
}

}  // namespace weir::project
