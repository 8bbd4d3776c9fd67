#include "connectors/project_stores.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "connectors/secrets.h"

namespace weir::connectors {
namespace {

std::shared_ptr<storage::S3KeySource> KeysOf(const project::Store& store,
                                             const std::shared_ptr<const Secrets>& secrets) {
  if (store.uses_role) {
    return storage::RoleKeys();
  }
  if (store.credentials.empty()) {
    return storage::StandardKeys();
  }
  return storage::GivenKeys([names = store.credentials, secrets] {
    const auto value = [&](const char* key) {
      const auto name = names.find(key);
      return name == names.end() ? std::string() : secrets->Value(name->second);
    };
    return storage::S3Keys{.access_key = value("access_key"),
                           .secret_key = value("secret_key"),
                           .session_token = value("session_token")};
  });
}

// The environment's server and region where the store names none of its own.
storage::S3Settings SettingsOf(const project::Store& store,
                               const std::shared_ptr<const Secrets>& secrets) {
  storage::S3Settings settings = storage::EnvironmentSettings();
  if (!store.endpoint.empty()) {
    settings.endpoint = storage::EndpointOf(store.endpoint);
    settings.path_style = true;
  }
  if (!store.url_style.empty()) {
    settings.path_style = store.url_style == "path";
  }
  if (!store.region.empty()) {
    settings.region = store.region;
  }
  settings.keys = KeysOf(store, secrets);
  return settings;
}

std::vector<std::string> PrefixesOf(const project::Project& project, const project::Store& store) {
  std::vector<std::string> prefixes;
  for (const std::string& prefix : store.prefixes) {
    const bool is_url = prefix.find("://") != std::string::npos;
    prefixes.push_back(is_url ? prefix : (project.folder / prefix).lexically_normal().string());
  }
  return prefixes;
}

}  // namespace

std::shared_ptr<const storage::Stores> StoresOf(const project::Project& project) {
  const auto secrets = std::make_shared<const Secrets>(project.secrets);
  std::vector<storage::StoreLine> lines;
  lines.reserve(project.stores.size());
  for (const project::Store& store : project.stores) {
    lines.push_back({.name = store.name,
                     .prefixes = PrefixesOf(project, store),
                     .s3 = SettingsOf(store, secrets),
                     .read_only = store.read_only});
  }
  return std::make_shared<const storage::Stores>(std::move(lines));
}

}  // namespace weir::connectors
