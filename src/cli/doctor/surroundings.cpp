#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/version.h"
#include "cli/doctor/finding.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The program that a shell would start.
std::optional<fs::path> FindProgram(const std::string& name) {
  const std::string folders = Variable("PATH");
  std::string_view rest = folders;
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    std::error_code ignored;
    fs::path file = fs::path(folder) / name;
    if (fs::is_regular_file(file, ignored)) {
      return file;
    }
  }
  return std::nullopt;
}

std::string TimeZone() {
  if (const std::string zone = Variable("TZ"); !zone.empty()) {
    return zone;
  }
  std::error_code problem;
  const std::string link = fs::read_symlink("/etc/localtime", problem).string();
  constexpr std::string_view kZones = "zoneinfo/";
  const auto at = link.find(kZones);
  return at == std::string::npos ? "UTC" : link.substr(at + kZones.size());
}

Finding ExtensionFinding(Services& services, const std::string& name, const std::string& use) {
  try {
    services.database().LoadExtension(name);
    return {.subject = "extension " + name, .found = "loads"};
  } catch (const ExternalError& problem) {
    return {.subject = "extension " + name,
            .health = Health::kWarning,
            .found = problem.what(),
            .remedy = use + " need it: run scripts/setup.sh, or install weir again"};
  }
}

// For a project that can't be loaded.
std::string RemedyOf(const Services& services) {
  const auto& given = services.options().project_folder;
  std::error_code ignored;
  if (!given || fs::exists(*given / "weir.yaml", ignored)) {
    return "correct weir.yaml";
  }
  return "name a project's folder by -C, or make one: weir new " + given->string();
}

}  // namespace

Findings LookAtDatabase(Services& services) {
  Findings findings = {{.subject = "weir", .found = Version() + ", " + ProgramFolder().string()}};
  try {
    sql::Connection connection = services.database().Connect();
    findings.push_back(
        {.subject = "DuckDB",
         .found = std::get<std::string>(
             connection.Query("SELECT library_version FROM pragma_version()").Cell())});
  } catch (const UserError& problem) {  // of weir.yaml, which LookAtProject() tells
    findings.push_back({.subject = "DuckDB", .health = Health::kOptional, .found = "not tried"});
  } catch (const ExternalError& problem) {
    findings.push_back({.subject = "DuckDB",
                        .health = Health::kBroken,
                        .found = problem.what(),
                        .remedy = "run scripts/setup.sh, or install weir again"});
  }
  return findings;
}

Findings LookAtExtensions(Services& services) {
  try {
    services.database();
  } catch (const std::exception&) {  // LookAtDatabase() tells why
    return {};
  }
  return {ExtensionFinding(services, "delta", "tables with deletion vectors or column mapping"),
          ExtensionFinding(services, "httpfs", "tables on S3"),
          ExtensionFinding(services, "avro", "Avro files")};
}

Findings LookAtMachine(Services& services) {
  constexpr std::uint64_t kLittleMemory = 1ULL << 30U;
  constexpr double kDefaultShare = 0.6;
  const std::uint64_t limit = MemoryLimitBytes();
  const auto share = static_cast<std::uint64_t>(kDefaultShare * static_cast<double>(limit));
  const std::uint64_t chosen = services.options().memory_bytes;
  const std::uint64_t used = chosen == 0 ? share : chosen;
  const int threads = services.options().threads;
  Finding memory = {
      .subject = "memory",
      .found = fmt::format("{} may be used (RAM or cgroup limit); weir takes up to {}",
                           FormatSize(limit), FormatSize(used))};
  if (used < kLittleMemory || used > limit) {
    memory.health = Health::kWarning;
    memory.remedy = used > limit ? "--memory is more than there is" : "large queries will spill";
  }
  const std::string processors =
      fmt::format("{}{}", AvailableProcessors(),
                  threads == 0 ? "" : fmt::format("; weir uses {} threads", threads));
  return {memory, {.subject = "processors", .found = processors}};
}

Findings LookAtClock(Services& /*services*/) {
  Findings findings = {{.subject = "time zone",
                        .found = fmt::format("{}; weir prints timestamps in UTC, now {}",
                                             TimeZone(), FormatTimestampMillis(Now()))}};
  if (!Variable("WEIR_NOW").empty()) {
    findings.push_back({.subject = "clock",
                        .health = Health::kWarning,
                        .found = "set by WEIR_NOW to " + Variable("WEIR_NOW"),
                        .remedy = "unset WEIR_NOW: it is for tests"});
  }
  return findings;
}

Findings LookAtPrograms(Services& /*services*/) {
  Findings findings;
  constexpr std::array kPrograms = {
      std::pair{"java", "install Java 17, such as the package openjdk-17-jre-headless"},
      std::pair{"spark-submit", "unpack Apache Spark and put its folder bin on PATH"}};
  for (const auto& [name, remedy] : kPrograms) {
    const auto program = FindProgram(name);
    findings.push_back({.subject = name,
                        .health = program ? Health::kGood : Health::kOptional,
                        .found = program ? program->string() : "not found; only for work on Spark",
                        .remedy = program ? "" : remedy});
  }
  return findings;
}

Findings LookAtProject(Services& services) {
  try {
    const project::Project* project = services.FindProject();
    if (project == nullptr) {
      return {{.subject = "project",
               .health = Health::kOptional,
               .found = "none here: no weir.yaml in this folder or above",
               .remedy = "'weir new DIR' makes one"}};
    }
    return {{.subject = "project", .found = project->name + ", " + project->folder.string()}};
  } catch (const UserError& problem) {
    return {{.subject = "project",
             .health = Health::kBroken,
             .found = problem.what(),
             .remedy = RemedyOf(services)}};
  }
}

}  // namespace weir::cli
