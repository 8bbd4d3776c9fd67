#include "project/project.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "project/yaml_file.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

constexpr auto kDefaultWarehouse = "warehouse";

bool IsPlainName(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
  });
}

std::string ReadName(YamlFile& file) {
  const auto name = file.Text(file.root(), "name");
  if (!name) {
    file.Note(file.root(), "the key 'name' is missing: what the project is called");
  } else if (!IsPlainName(*name)) {
    file.Note(file.root()["name"],
              fmt::format("name '{}': only letters, digits, '-' and '_' are allowed", *name));
  }
  return name.value_or("");
}

// Relative paths are taken from the project's folder, wherever weir was called.
std::string ReadWarehouse(YamlFile& file, const fs::path& folder) {
  const std::string url = file.Text(file.root(), "warehouse").value_or(kDefaultWarehouse);
  if (url.empty()) {
    file.Note(file.root()["warehouse"], "'warehouse' must be a folder or a URL");
  }
  return url.find("://") != std::string::npos ? url : (folder / url).lexically_normal().string();
}

}  // namespace

std::optional<fs::path> FindProjectFolder(const std::optional<fs::path>& named) {
  if (named) {
    const fs::path folder = fs::absolute(*named).lexically_normal();
    if (!fs::is_regular_file(folder / kProjectFile)) {
      throw UserError("-C '{}': there is no {} in this folder", named->string(), kProjectFile);
    }
    return folder;
  }
  for (fs::path folder = fs::current_path();; folder = folder.parent_path()) {
    if (fs::is_regular_file(folder / kProjectFile)) {
      return folder;
    }
    if (folder == folder.parent_path()) {
      return std::nullopt;
    }
  }
}

Project LoadProject(const fs::path& folder) {
  YamlFile file(folder / kProjectFile);
  Project project{.folder = folder, .name = {}, .warehouse = {}};
  if (file.CheckKeys(file.root(), {"name", "warehouse"})) {
    project.name = ReadName(file);
    project.warehouse = ReadWarehouse(file, folder);
  }
  file.ThrowMistakes();
  return project;
}

}  // namespace weir::project
