#include "project/project.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hashing.h"
#include "project/file_shapes.h"
#include "project/load_jobs.h"
#include "project/mistakes.h"
#include "project/read_settings.h"
#include "project/yaml_file.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

Project ReadSettingsFile(const fs::path& folder, Mistakes& mistakes) {
  Project project;
  project.folder = fs::absolute(folder).lexically_normal();
  const std::size_t before = mistakes.size();
  if (auto root = ReadYamlFile(project.folder, kProjectFile, mistakes)) {
    CheckShape(*root, SettingsShape(), "", mistakes);
    ReadSettings(*root, project, mistakes);
  }
  project.has_mistakes = mistakes.size() > before;
  return project;
}

// Of settings with mistakes: the environment's, if there is one of that name.
void ChooseAnyEnvironment(Project& project, const std::string& name) {
  for (const Environment& environment : project.environments) {
    if (environment.name == name || project.environment.name.empty()) {
      project.environment = environment;
    }
  }
}

// "t_{region}" may be t_eu.
bool MayBe(std::string_view name, std::string_view table) {
  const auto open = name.find('{');
  const auto close = name.rfind('}');
  return open == std::string_view::npos || close == std::string_view::npos
             ? name == table
             : table.starts_with(name.substr(0, open)) && table.ends_with(name.substr(close + 1));
}

bool MayMake(const Job& job, std::string_view table) {
  const bool is_read = !job.writes.empty() || !job.views.empty();
  return !is_read || std::ranges::any_of(job.writes, [&](const Output& output) {
    return output.table.empty() || MayBe(output.table, table);
  }) || std::ranges::any_of(job.views, [&](const View& view) {
    return view.name.empty() || MayBe(view.name, table);
  });
}

}  // namespace

const Environment* Project::OtherEnvironment() const {
  const auto other = std::ranges::find(environments, environment.read_from, &Environment::name);
  return environment.read_from.empty() || other == environments.end() ? nullptr : &*other;
}

fs::path Project::ScratchFolder() const {
  fs::path own = folder / ".weir";
  std::error_code problem;
  if (access((fs::exists(own, problem) ? own : folder).c_str(), W_OK) == 0) {
    return own;
  }
  return TemporaryFolder() / "projects" / ToHex(HashOf(folder.string()));
}

fs::path TemporaryFolder() {
  std::error_code problem;  // TMPDIR may name a folder that isn't there
  const fs::path temporary = fs::temp_directory_path(problem);
  return (problem ? "/tmp" : temporary) / fmt::format("weir-{}", getuid());
}

std::optional<fs::path> FindProjectFolder(const std::optional<fs::path>& named) {
  if (named) {
    fs::path folder = fs::absolute(*named).lexically_normal();
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
  Project project = ReadSettingsFile(folder, mistakes);
  mistakes.ThrowIfAny(project.folder);
  ChooseEnvironment(project, options.environment);
  return project;
}

Project LoadProject(const fs::path& folder, const LoadOptions& options) {
  Mistakes mistakes;
  Project project = ReadProject(folder, options, mistakes);
  mistakes.ThrowIfAny(project.folder);
  return project;
}

Project ReadProject(const fs::path& folder, const LoadOptions& options, Mistakes& mistakes) {
  Project project = ReadSettingsFile(folder, mistakes);
  if (project.has_mistakes) {
    ChooseAnyEnvironment(project, options.environment);
  } else {
    ChooseEnvironment(project, options.environment);
  }
  for (Job& job : LoadJobs(project, options, mistakes)) {
    std::vector<Job>& jobs = job.has_mistakes ? project.unsound_jobs : project.jobs;
    jobs.push_back(std::move(job));
  }
  return project;
}

bool MayBeOfUnsoundJob(const Project& project, std::string_view table) {
  return std::ranges::any_of(project.unsound_jobs,
                             [&](const Job& job) { return MayMake(job, table); });
}

}  // namespace weir::project
