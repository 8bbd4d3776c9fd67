#include "project/project.h"

#include "base/error.h"
#include "project/file_shapes.h"
#include "project/load_jobs.h"
#include "project/mistakes.h"
#include "project/read_settings.h"
#include "project/yaml_file.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

// Throws for what is no YAML at all: nothing can be said of the jobs then.
Project ReadProject(const fs::path& folder, Mistakes& mistakes) {
  Project project;
  project.folder = fs::absolute(folder).lexically_normal();
  auto root = ReadYamlFile(project.folder, kProjectFile, mistakes);
  if (!root) {
    mistakes.ThrowIfAny(project.folder);
    return project;
  }
  CheckShape(*root, SettingsShape(), "", mistakes);
  ReadSettings(*root, project, mistakes);
  return project;
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

Project LoadSettings(const fs::path& folder, const LoadOptions& options) {
  Mistakes mistakes;
  Project project = ReadProject(folder, mistakes);
  mistakes.ThrowIfAny(project.folder);
  ChooseEnvironment(project, options.environment);
  return project;
}

Project LoadProject(const fs::path& folder, const LoadOptions& options) {
  Mistakes mistakes;
  Project project = ReadProject(folder, mistakes);
  if (mistakes.empty()) {  // else mistakes of weir.yaml stand before those of the jobs
    ChooseEnvironment(project, options.environment);
  } else if (!project.environments.empty()) {
    project.environment = project.environments.front();
  }
  project.jobs = LoadJobs(project, options, mistakes);
  mistakes.ThrowIfAny(project.folder);
  return project;
}

}  // namespace weir::project
