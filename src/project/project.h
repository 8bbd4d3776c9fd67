#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "project/job.h"
#include "project/mistakes.h"

namespace weir::project {

// `connections:`, such as a database: kind ("postgres") and settings, whose values may name
// secrets: "{secret.shop_password}".
struct ConnectionLine {
  std::string name{};
  std::string kind{};
  std::map<std::string, std::string> settings{};
  // Settings that are maps themselves, such as those that are passed on to a library.
  std::map<std::string, std::map<std::string, std::string>> maps{};
  Place place{};
};

// What weir.yaml says of one environment; the project's own lines are the defaults of all.
struct Environment {
  std::string name{};
  std::string warehouse{};  // an absolute path or a URL
  // A location that begins with "./" or "../" lies in the project's folder, another relative one
  // under `<warehouse>/_files/`; here all are absolute paths or URLs.
  std::map<std::string, std::string> locations{};
  std::string
      read_from{};    // an environment whose tables are read where this one has none; or empty
  bool send = false;  // whether connectors reach outside: by default not in dev
  nlohmann::json publish{};              // settings of publishing, as they stand there
  std::vector<ConnectionLine> alerts{};  // by name, the project's behind the environment's own
  Place place{};
};

// A place where files lie: `stores:`. A path belongs to the store with its longest prefix.
struct Store {
  std::string name{};
  std::vector<std::string> prefixes{};
  std::string endpoint{};
  std::string region{};
  std::map<std::string, std::string>
      credentials{};        // "access_key" … → the secret's name; empty: role, or the usual ones
  bool uses_role = false;   // the instance's
  std::string url_style{};  // "path" or "virtual"; empty: path where there is an endpoint
  bool read_only = false;
  Place place{};
};

// Where a secret comes from: `secrets: {shop_password: {env: SHOP_PASSWORD}}` or `{file: path}`.
struct SecretLine {
  std::string name{};
  std::string env{};    // one of both
  std::string file{};   // absolute
  std::string dev{};    // its value in environment dev, known to all; no other environment takes it
  bool in_dev = false;  // whether that environment was chosen
  Place place{};
};

// How long what runs read or wrote is kept where the project says nothing.
inline constexpr Duration kKeepForReplay = std::chrono::days(30);

// A folder with weir.yaml and its jobs.
struct Project {
  std::filesystem::path folder{};  // absolute
  std::string name{};
  std::string warehouse{};                  // of the environment that was chosen
  Environment environment{};                // the one that was chosen
  std::vector<Environment> environments{};  // "dev" is always among them
  std::map<std::string, std::vector<std::string>> partitions{};  // "region" → amer, emea …
  std::map<std::string, std::string> variables{};                // {var.x}
  std::set<std::string>
      literal_variables{};  // those that are numbers or true/false: so in SQL, too
  std::vector<Store> stores{};
  std::vector<ConnectionLine> connections{};
  std::vector<SecretLine> secrets{};
  std::string memory{};  // as --memory takes it; empty: its default
  Duration late = std::chrono::hours(48);
  Duration keep_for_replay = kKeepForReplay;
  std::string time_zone = "UTC";  // of jobs that name none
  std::vector<Job> jobs{};        // by domain, then name
  // Of ReadProject() alone: whether weir.yaml has mistakes, so that names which jobs use may be
  // missing, and the jobs that have, as far as they could be read.
  bool has_mistakes = false;
  std::vector<Job> unsound_jobs{};

  // The environment that the chosen one reads from; null without one.
  const Environment* OtherEnvironment() const;
  // Where commands keep what may be lost: caches, working files of runs, rows that are spilled. It
  // is
  // `.weir` in the project's folder or, where this user can't write there (an image, a mounted
  // share), a folder of the project's own among the user's temporary files.
  std::filesystem::path ScratchFolder() const;
};

// The folder of weir's temporary files of this user.
std::filesystem::path TemporaryFolder();

constexpr auto kProjectFile = "weir.yaml";

struct LoadOptions {
  std::string environment{};  // empty: "dev"
  // What steps may name; empty: anything.
  std::vector<std::string> operators{};
  std::vector<std::string> connectors{};
};

// The folder with weir.yaml: `named` if given (a UserError if it has none), else the working folder
// or the nearest one above it that has one.
std::optional<std::filesystem::path> FindProjectFolder(
    const std::optional<std::filesystem::path>& named);

// weir.yaml alone, without the jobs, for commands that need only the warehouse. Throws one
// UserError with all mistakes of the file, or for an environment that isn't there.
Project LoadSettings(const std::filesystem::path& folder, const LoadOptions& options = {});

// All of the project. Throws one UserError with all mistakes of all files, by file and line, each
// "file:line:column: what was found; what is allowed; the nearest name".
Project LoadProject(const std::filesystem::path& folder, const LoadOptions& options = {});

// The same for a look at all that is wrong: the mistakes that LoadProject() throws are noted.
// `jobs` are those that have none. Throws for an unknown environment, if weir.yaml is right.
Project ReadProject(const std::filesystem::path& folder, const LoadOptions& options,
                    Mistakes& mistakes);

// Whether an unsound job may make a table or view of that name: it says so, or couldn't be read.
bool MayBeOfUnsoundJob(const Project& project, std::string_view table);

}  // namespace weir::project
