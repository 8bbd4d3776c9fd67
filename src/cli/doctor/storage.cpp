#include <fmt/format.h>

#include "base/error.h"
#include "cli/doctor/file_system.h"
#include "cli/doctor/finding.h"
#include "cli/units.h"
#include "storage/probe_store.h"

namespace weir::cli {
namespace {

constexpr std::uint64_t kLittleSpace = 5ULL << 30U;

Finding SpaceOf(const std::string& subject, const FileSystem& system) {
  const bool little = system.free_bytes < kLittleSpace;
  return {.subject = subject,
          .health = little ? Health::kWarning : Health::kGood,
          .found = fmt::format("{} of {} free ({})", FormatSize(system.free_bytes),
                               FormatSize(system.total_bytes), system.type),
          .remedy = little ? "free some space: a run that finds the disk full fails" : ""};
}

Finding AbilityOf(const std::string& subject, bool works, const std::string& needed_for) {
  return {.subject = subject,
          .health = works ? Health::kGood : Health::kBroken,
          .found = works ? "work" : "don't work on this file system",
          .remedy = works ? "" : needed_for + "; put the warehouse on a local file system"};
}

Findings LookAtFolder(const std::filesystem::path& warehouse) {
  const FileSystem system = ProbeFileSystem(warehouse);
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(warehouse, ignored);
  Findings findings = {
      {.subject = "warehouse",
       .found = warehouse.string() + (is_there ? "" : " (made when first written to)")}};
  if (!system.problem.empty()) {
    findings.front().health = Health::kBroken;
    findings.front().found += ": " + system.problem;
    findings.front().remedy = "let this user write there, or set 'warehouse' in weir.yaml";
    return findings;
  }
  findings.push_back(SpaceOf("  space", system));
  findings.push_back(AbilityOf("  hard links", system.hard_links, "commits are hard links"));
  findings.push_back(AbilityOf("  locks", system.locks, "writers wait for each other by flock"));
  return findings;
}

Finding LookAtSpill(const std::filesystem::path& spill) {
  const FileSystem system = ProbeFileSystem(spill);
  if (!system.problem.empty()) {
    return {.subject = "spill folder",
            .health = Health::kBroken,
            .found = spill.string() + ": " + system.problem,
            .remedy = "let this user make and write that folder: queries spill there"};
  }
  Finding space = SpaceOf("spill folder", system);
  space.found = spill.string() + ": " + space.found;
  return space;
}

// As `weir store check` does.
Findings LookAtStore(Services& services, const std::string& warehouse) {
  Findings findings = {{.subject = "warehouse", .found = warehouse}};
  try {
    const auto store = services.stores().Open(warehouse);
    for (const storage::StoreAbility& ability : storage::ProbeStore(*store)) {
      findings.push_back(
          {.subject = "  " + ability.name,
           .health = ability.works ? Health::kGood : Health::kBroken,
           .found = ability.works ? "works" : ability.problem,
           .remedy = ability.works ? "" : "its user needs the permission " + ability.permission});
    }
  } catch (const std::exception& problem) {
    findings.front().health = Health::kBroken;
    findings.front().found += fmt::format(": {}", problem.what());
    findings.front().remedy = "docs/s3.md tells where keys and the server's address are looked for";
  }
  return findings;
}

}  // namespace

Findings LookAtStorage(Services& services) {
  Findings findings;
  const project::Project* project = nullptr;
  try {
    project = services.FindProject();
  } catch (const UserError&) {  // what is wrong with it is a finding of LookAtProject()
    return findings;
  }
  if (project != nullptr && project->warehouse.find("://") == std::string::npos) {
    findings = LookAtFolder(project->warehouse);
  } else if (project != nullptr) {
    findings = LookAtStore(services, project->warehouse);
  }
  findings.push_back(LookAtSpill(SpillFolderOf(project)));
  return findings;
}

}  // namespace weir::cli
