#include "cli/job/plan_memo.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hashing.h"
#include "base/process.h"
#include "base/tree_files.h"
#include "base/version.h"
#include "cli/print_json.h"
#include "jobs/plan/due.h"
#include "jobs/run/source_days.h"
#include "lake/snapshot.h"
#include "storage/object_store.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kFormat = 1;
// A file changed within this time before it was looked at may change again without another time.
constexpr Micros kClockTick = 50'000;

using Versions = std::map<std::string, std::int64_t>;

Micros MicrosOf(fs::file_time_type time) {
  const auto since = std::chrono::file_clock::to_sys(time).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

// Name, size and time of files; empty once one of them is too young to be told from its next
// version.
class FileStates {
 public:
  void AddFile(const fs::path& path) {
    std::error_code gone;
    const auto size = fs::file_size(path, gone);
    const auto time = fs::last_write_time(path, gone);
    if (gone || MicrosOf(time) > now_ - kClockTick) {
      is_settled_ = false;
      return;
    }
    lines_.insert(fmt::format("{}|{}|{}", path.string(), size, time.time_since_epoch().count()));
  }
  void AddFolder(const fs::path& folder) {
    for (const fs::path& file : TreeFiles(folder, [](const std::string&) { return false; })) {
      AddFile(file);
    }
  }

  std::string Text() const {
    std::string text;
    for (const std::string& line : lines_) {
      text += line + "\n";
    }
    return is_settled_ ? text : "";
  }

 private:
  Micros now_ = Now();
  bool is_settled_ = true;
  std::set<std::string> lines_;
};

// The objects of the ledger; empty while a run, or a commit of several tables, is under way.
std::string LedgerState(const storage::ObjectStore& store) {
  std::set<std::string> started;
  std::set<std::string> ended;
  std::string text;
  for (const storage::ObjectInfo& object : store.List("_weir/")) {
    const std::string& key = object.key;
    if (key.starts_with("_weir/intents/")) {
      return "";
    }
    text += fmt::format("{}|{}|{}\n", key, object.size, object.modified);
    const bool is_end = key.ends_with(".end.json");
    const bool is_part = key.ends_with(".alive.json") || key.ends_with(".prepared.json");
    if (key.starts_with("_weir/runs/") && !is_part) {
      const std::size_t suffix = std::string_view(is_end ? ".end.json" : ".json").size();
      (is_end ? ended : started).insert(key.substr(0, key.size() - suffix));
    }
  }
  return std::ranges::includes(ended, started) ? text + "all ended\n" : "";
}

// The files that a project is loaded from, SQL outside of jobs/ with them.
std::string ProjectState(const fs::path& folder) {
  FileStates files;
  files.AddFile(folder / project::kProjectFile);
  files.AddFolder(folder / "jobs");
  files.AddFile(ProgramFolder() / "weir");
  for (const char* shared : {"sql", "shared", "macros"}) {
    if (fs::is_directory(folder / shared)) {
      files.AddFolder(folder / shared);
    }
  }
  return files.Text();
}

std::string KeyOf(const std::string& table, std::int64_t version) {
  std::string path = table;
  path[table.find('.')] = '/';
  return path + "/" + "_delta_log/" + fmt::format("{:020}.json", version);
}

// Whether the newest version of every table is still what it was: one that is there, the next one
// not.
bool AreNewest(const storage::ObjectStore& store, const Versions& versions) {
  return std::ranges::all_of(versions, [&](const auto& entry) {
    const auto& [table, version] = entry;
    return (version < 0 || store.Head(KeyOf(table, version))) &&
           !store.Head(KeyOf(table, version + 1));
  });
}

// The warehouses that a plan looks into: the environment's, and the one that it reads from.
std::vector<std::string> Warehouses(const project::Project& project) {
  std::vector<std::string> urls{project.warehouse};
  if (const project::Environment* other = project.OtherEnvironment()) {
    urls.push_back(other->warehouse);
  }
  return urls;
}

fs::path PathOf(const project::Project& project, const std::string& question) {
  return project.ScratchFolder() / "cache" /
         fmt::format("plan-{}-{}.json", project.environment.name, ToHex(HashOf(question)));
}

std::optional<Json> ReadMemo(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  Json memo = Json::parse(text.str(), nullptr, false);
  return file && memo.is_object() && memo.value("format", 0) == kFormat ? std::optional(memo)
                                                                        : std::nullopt;
}

// What can be looked at without the database; empty if it can't be relied on now.
std::string StateOf(const project::Project& project, const storage::Stores& stores) {
  std::string state = ProjectState(project.folder);
  for (const std::string& url : Warehouses(project)) {
    const std::string ledger = LedgerState(*stores.Open(url));
    if (state.empty() || (ledger.empty() && url == project.warehouse)) {
      return "";
    }
    state.append(url).append("\n").append(ledger);
  }
  return ToHex(HashOf(state));
}

bool VersionsHold(const project::Project& project, const Json& memo,
                  const storage::Stores& stores) {
  for (const std::string& url : Warehouses(project)) {
    const auto versions = memo.at("tables").find(url);
    if (versions == memo.at("tables").end() ||
        !AreNewest(*stores.Open(url), versions->get<Versions>())) {
      return false;
    }
  }
  return true;
}

bool SourcesHold(const project::Project& project, const Json& memo, Services& services) {
  const Json& sources = memo.at("sources");
  if (sources.empty()) {
    return true;
  }
  for (const auto& [pattern, digest] : sources.items()) {
    if (jobs::DigestOfFiles(project.folder, pattern, services.database()) !=
        digest.get<std::string>()) {
      return false;
    }
  }
  return true;
}

// By pattern; absent if a job reads something else than files.
std::optional<Json> SourcesOf(const std::vector<jobs::JobInstance>& instances,
                              const project::Project& project, Services& services) {
  Json sources = Json::object();
  for (const jobs::JobInstance& instance : instances) {
    const auto patterns = jobs::SourcePatterns(instance);
    if (!patterns) {
      return std::nullopt;
    }
    for (const std::string& pattern : *patterns) {
      sources[pattern] = "";
    }
  }
  for (auto& [pattern, digest] : sources.items()) {
    digest = jobs::DigestOfFiles(project.folder, pattern, services.database());
  }
  return sources;
}

// A memo that can't be written isn't there: no harm.
void Write(const fs::path& path, const Json& memo) {
  const fs::path fresh = fmt::format("{}.{}", path.string(), CurrentProcess().pid);
  std::error_code problem;
  fs::create_directories(path.parent_path(), problem);
  std::ofstream(fresh, std::ios::binary) << memo.dump();
  fs::rename(fresh, path, problem);
}

// SQL files that lie where ProjectState() doesn't look.
bool HasOtherFiles(const std::vector<jobs::JobInstance>& instances) {
  const auto is_known = [](const std::string& file) {
    return file.empty() || file.starts_with("jobs/") || file.starts_with("sql/") ||
           file.starts_with("shared/") || file.starts_with("macros/");
  };
  return std::ranges::any_of(instances, [&](const jobs::JobInstance& instance) {
    const project::Job& job = *instance.job;
    return !std::ranges::all_of(job.steps, is_known, &project::Step::file) ||
           !std::ranges::all_of(job.checks, is_known, &project::Check::file) ||
           !std::ranges::all_of(job.views, is_known, &project::View::file);
  });
}

}  // namespace

PlanMemo::PlanMemo(Services& services, std::string question)
    : services_(services), question_(std::move(question)) {}

std::optional<std::string> PlanMemo::Find() {
  const project::Project& project = services_.project();
  state_before_ = StateOf(project, services_.stores());
  const auto memo = ReadMemo(PathOf(project, question_));
  if (state_before_.empty() || !memo) {
    return std::nullopt;
  }
  try {
    const bool holds = memo->at("question") == question_ && memo->at("state") == state_before_ &&
                       Now() < memo->at("until").get<Micros>() &&
                       VersionsHold(project, *memo, services_.stores()) &&
                       SourcesHold(project, *memo, services_);
    return holds ? std::optional(memo->at("text").get<std::string>()) : std::nullopt;
  } catch (const Json::exception&) {
    return std::nullopt;  // not as this program writes it
  }
}

void PlanMemo::LookAtSources(const std::vector<jobs::JobInstance>& instances) {
  sources_ = HasOtherFiles(instances) ? std::nullopt
                                      : SourcesOf(instances, services_.project(), services_);
}

void PlanMemo::Keep(const std::vector<jobs::JobInstance>& instances, const jobs::PlanFacts& facts,
                    const std::string& text) {
  const project::Project& project = services_.project();
  if (state_before_.empty() || !sources_ || StateOf(project, services_.stores()) != state_before_) {
    return;
  }
  Json tables = Json::object();
  std::map<std::string, std::int64_t> found;  // where the plan has read each table
  for (const std::string& url : Warehouses(project)) {
    lake::Warehouse warehouse(url, services_.database());
    Versions versions{{"weir.runs", lake::LatestVersion(warehouse.FolderOf("weir.runs"))}};
    for (const auto& [table, facts_of] : facts.tables) {
      versions[table] = lake::LatestVersion(warehouse.FolderOf(table));
      const auto other = found.find(table);
      if (other == found.end() || other->second < 0) {
        found[table] = versions[table];
      }
    }
    tables[url] = versions;
  }
  for (const auto& [table, facts_of] : facts.tables) {
    if (found[table] != facts_of.latest) {
      return;  // it has changed since
    }
  }
  Write(PathOf(project, question_), {{"format", kFormat},
                                     {"question", question_},
                                     {"state", state_before_},
                                     {"until", jobs::NextByClock(instances, facts)},
                                     {"tables", tables},
                                     {"sources", *sources_},
                                     {"text", text}});
}

}  // namespace weir::cli
