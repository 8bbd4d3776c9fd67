#include "project/load_jobs.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "base/parallel.h"
#include "base/process.h"
#include "project/file_shapes.h"
#include "project/formats.h"
#include "project/job_reading.h"
#include "project/yaml_file.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

constexpr auto kJobFile = "job.yaml";

std::vector<fs::path> FoldersIn(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    if (entry.is_directory() && !entry.path().filename().string().starts_with('.')) {
      folders.push_back(entry.path());
    }
  }
  std::ranges::sort(folders);
  return folders;
}

bool HoldsSql(const fs::path& folder) {
  std::error_code problem;
  return std::ranges::any_of(fs::directory_iterator(folder, problem),
                             [](const auto& entry) { return entry.path().extension() == ".sql"; });
}

// The folders of a project's jobs; notes what lies where no job can.
class JobFolders {
 public:
  JobFolders(const fs::path& project, Mistakes& mistakes)
      : project_(project), mistakes_(mistakes) {}

  std::vector<std::string> Find() {
    CheckMisplaced(project_ / "jobs");
    for (const fs::path& domain : FoldersIn(project_ / "jobs")) {
      CheckMisplaced(domain);
      CheckName(domain, "domain");
      for (const fs::path& job : FoldersIn(domain)) {
        AddJob(job);
      }
    }
    return std::move(found_);
  }

 private:
  std::string Relative(const fs::path& path) const {
    return path.lexically_relative(project_).string();
  }

  void CheckMisplaced(const fs::path& folder) {
    if (fs::exists(folder / kJobFile)) {
      mistakes_.Note({.file = Relative(folder / kJobFile)},
                     "a job's file lies at jobs/<domain>/<job>/job.yaml");
    }
  }

  void CheckName(const fs::path& folder, const char* what) {
    const std::string name = folder.filename().string();
    if (const auto mistake = PlainName().mistake(name)) {
      mistakes_.Note({.file = Relative(folder)}, fmt::format("{} '{}': {}", what, name, *mistake));
    }
  }

  void AddJob(const fs::path& folder) {
    for (const fs::path& inner : FoldersIn(folder)) {
      CheckMisplaced(inner);
    }
    if (fs::exists(folder / kJobFile)) {
      CheckName(folder, "job");
      found_.push_back(Relative(folder));
    } else if (fs::exists(folder / "job.yml")) {
      mistakes_.Note({.file = Relative(folder / "job.yml")}, "the file must be called job.yaml");
    } else if (HoldsSql(folder)) {
      mistakes_.Note({.file = Relative(folder)},
                     "there are SQL files, but no job.yaml that uses them");
    }
  }

  const fs::path& project_;
  Mistakes& mistakes_;
  std::vector<std::string> found_;
};

Job LoadJob(JobReading& reading) {
  const std::string file = reading.folder + "/" + kJobFile;
  const fs::path folder = reading.folder;
  Job& job = reading.job;
  job.name = folder.filename().string();
  job.domain = folder.parent_path().filename().string();
  job.folder = reading.settings.folder / folder;
  job.place = {.file = file};
  auto root = ReadYamlFile(reading.settings.folder, file, reading.mistakes);
  if (!root) {
    return job;
  }
  CheckShape(*root, JobShape(), "", reading.mistakes);
  if (root->kind != YamlValue::Kind::kMap) {
    return job;
  }
  ReadHead(*root, reading);
  ReadInputs(*root, reading);
  ReadSteps(*root, reading);
  ReadOutputs(*root, reading);
  ReadChecks(*root, reading);
  ReadViews(*root, reading);
  if (root->sound && job.steps.empty() && job.writes.empty() && job.views.empty()) {
    reading.mistakes.Note(root->place, "a job needs 'steps', 'writes' or 'views'");
  }
  return job;
}

void CheckNamesOnce(const std::vector<Job>& jobs, Mistakes& mistakes) {
  std::map<std::string, const Job*> first;
  for (const Job& job : jobs) {
    const auto [known, is_new] = first.emplace(job.name, &job);
    if (!is_new) {
      mistakes.Note(job.place, fmt::format("job '{}' is also in the domain {}; a job's name stands "
                                           "once in a project",
                                           job.name, known->second->domain));
    }
  }
}

void CheckReaders(const Output& output, const std::vector<std::string>& domains,
                  Mistakes& mistakes) {
  for (const std::string& domain : output.interface_for) {
    if (std::ranges::find(domains, domain) == domains.end()) {
      mistakes.Note(output.place,
                    fmt::format("interface: unknown domain '{}'; there are: {}{}", domain,
                                fmt::join(domains, ", "), DidYouMean(domain, domains)));
    }
  }
}

void CheckDomains(const std::vector<Job>& jobs, Mistakes& mistakes) {
  std::vector<std::string> domains;
  for (const Job& job : jobs) {
    if (domains.empty() || domains.back() != job.domain) {
      domains.push_back(job.domain);
    }
  }
  for (const Job& job : jobs) {
    for (const Output& output : job.writes) {
      CheckReaders(output, domains, mistakes);
    }
  }
}

// A view's name belongs to nothing else.
void CheckViewNames(const std::vector<Job>& jobs, Mistakes& mistakes) {
  std::map<std::string, std::string> owners;
  for (const Job& job : jobs) {
    for (const Output& output : job.writes) {
      owners.emplace(output.table, fmt::format("a table that {} writes", job.name));
    }
  }
  for (const Job& job : jobs) {
    for (const View& view : job.views) {
      const auto [owner, is_new] = owners.emplace(view.name, fmt::format("a view of {}", job.name));
      if (!is_new) {
        mistakes.Note(view.place, fmt::format("view '{}' is already {}", view.name, owner->second));
      }
    }
  }
}

}  // namespace

std::vector<Job> LoadJobs(const Project& settings, const LoadOptions& options, Mistakes& mistakes) {
  const std::vector<std::string> folders = JobFolders(settings.folder, mistakes).Find();
  std::vector<Job> jobs(folders.size());
  std::vector<Mistakes> found(folders.size());
  ParallelFor(folders.size(), AvailableProcessors(), [&](std::size_t index) {
    JobReading reading{.settings = settings,
                       .options = options,
                       .folder = folders[index],
                       .mistakes = found[index]};
    jobs[index] = LoadJob(reading);
  });
  for (std::size_t index = 0; index < jobs.size(); ++index) {
    jobs[index].has_mistakes = jobs[index].has_mistakes || !found[index].empty();
    mistakes.Add(found[index]);
  }
  std::ranges::sort(jobs, {}, [](const Job& job) { return std::tie(job.domain, job.name); });
  Mistakes between;
  CheckNamesOnce(jobs, between);
  CheckDomains(jobs, between);
  CheckViewNames(jobs, between);
  for (const Mistake& mistake : between.Sorted()) {
    for (Job& job : jobs) {
      job.has_mistakes = job.has_mistakes || job.place.file == mistake.place.file;
    }
  }
  mistakes.Add(between);
  return jobs;
}

}  // namespace weir::project
