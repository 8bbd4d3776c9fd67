#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/nearest_name.h"
#include "base/process.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "storage/stores.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kDataNeeded = "data_needed.txt";

constexpr auto kProjectText =
    R"(# A weir project: this file, jobs/ and dashboards/ are what you keep in git.

# What the project is called: letters, digits, '-' and '_'.
name: {name}

# Where the tables lie: a folder (relative to this file) or a URL such as s3://bucket/prefix.
# A table `schema.name` is the Delta Lake table at <warehouse>/<schema>/<name>; Spark, Databricks,
# DuckDB and delta-rs open it as it is.
warehouse: {warehouse}
)";

constexpr auto kReadmeText = R"(# {name}

A [weir](https://github.com/weir) project.

    weir table import sales.orders --from orders.csv --mode append   # files into a table
    weir table list                                                  # what there is
    weir sql "SELECT count(*) FROM sales.orders"                     # ask
    weir doctor                                                      # is everything in place?

- `weir.yaml`: the project's settings
- `jobs/<domain>/<job>/`: one folder a job, with `job.yaml` and its SQL files
- `tests/*.yaml`: what comes of given rows; `scripts/ci.sh` checks and runs them
)";

constexpr auto kCiScript = R"(#!/usr/bin/env bash
# What a change of the project must pass: its files are right, and its jobs make of given rows what tests/ says.
set -euo pipefail
cd "$(dirname "$0")/.."
weir check --strict
weir test
)";

constexpr auto kWorkflow = R"(name: weir
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest   # weir must be on its PATH
    steps:
      - uses: actions/checkout@v4
      - run: scripts/ci.sh
)";

std::string ProjectName(const fs::path& folder) {
  std::string name = folder.filename().string();
  for (char& letter : name) {
    const auto byte = static_cast<unsigned char>(letter);
    letter = std::isalnum(byte) != 0 || letter == '-' || letter == '_' ? letter : '_';
  }
  return name.empty() ? "project" : name;
}

// As weir.yaml has it: relative to the project if it lies inside, else absolute; URLs as they are.
std::string WarehouseText(const std::string& given, const fs::path& folder) {
  if (given.find("://") != std::string::npos) {
    return given;
  }
  const fs::path path = fs::absolute(given).lexically_normal();
  const fs::path inside = path.lexically_relative(folder);
  return *inside.begin() == ".." ? path.string() : inside.string();
}

void WriteFile(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    throw ExternalError("{} can't be written", path.string());
  }
}

void CheckFree(const fs::path& folder) {
  if (fs::exists(folder) && !fs::is_directory(folder)) {
    throw UserError("'{}' is a file; a new project needs a folder", folder.string());
  }
  if (fs::exists(folder) && !fs::is_empty(folder)) {
    throw UserError("'{}' is not empty; a new project needs an empty folder or a new one",
                    folder.string());
  }
}

// YAML reads a plain text with these characters as something else.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char letter : text) {
    quoted += letter;
    quoted += letter == '\'' ? "'" : "";
  }
  return quoted + "'";
}

// Words that YAML readers take for something else than a text.
bool IsYamlWord(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords = {"null", "true", "false", "yes", "no",
                                                      "on",   "off",  "y",     "n"};
  return std::ranges::any_of(kWords,
                             [&](std::string_view word) { return EqualIgnoringCase(word, text); });
}

// Whether a YAML reader may take it for a number: "7", "1e3", "0x1f", ".inf".
bool IsLikeYamlNumber(std::string_view text) {
  return !text.empty() &&
         (IsDigit(text.front()) || LowerCase(text) == ".inf" || LowerCase(text) == ".nan" ||
          (text.front() == '.' && text.size() > 1 && IsDigit(text[1])));
}

std::string YamlText(const std::string& text) {
  const bool plain = text.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789_-./") == std::string::npos;
  const bool is_word =
      text.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/") !=
      std::string::npos;
  const bool is_text = is_word && !IsYamlWord(text) && !IsLikeYamlNumber(text);
  return plain && is_text && text.front() != '-' ? text : Quoted(text);
}

// Where the projects of a kind ("examples", "packs") lie: beside an installed weir, or in the
// folders above the program where weir was built.
fs::path ShippedFolder(const std::string& kind) {
  const fs::path program = ProgramFolder();
  fs::path installed = program / ".." / "share" / "weir" / kind;
  if (fs::is_directory(installed)) {
    return installed;
  }
  constexpr int kMostLevels = 3;
  fs::path folder = program;
  for (int level = 0; level < kMostLevels; ++level, folder = folder.parent_path()) {
    if (fs::is_directory(folder / kind)) {
      return folder / kind;
    }
  }
  return installed;
}

// What an example needs that doesn't ship with it, by its file data_needed.txt: names of files, an
// empty line, and where to get them.
struct NeededData {
  std::vector<std::string> files;
  std::string advice;
};

NeededData NeededBy(const fs::path& project) {
  NeededData needed;
  std::ifstream file(project / kDataNeeded);
  std::string line;
  while (std::getline(file, line) && !line.empty()) {
    needed.files.push_back(line);
  }
  needed.advice.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  return needed;
}

// Throws UserError if the example's data isn't in the folder given.
void CheckData(const std::string& name, const fs::path& shipped,
               const std::optional<std::string>& data) {
  const NeededData needed = NeededBy(shipped / name);
  if (needed.files.empty() && data) {
    throw UsageError("example {} needs no data; leave --data away", name);
  }
  for (const std::string& file : needed.files) {
    if (!data || !fs::exists(fs::path(*data) / file)) {
      throw UserError(
          "example {} needs data: --data FOLDER with {}{}\n{}", name, fmt::join(needed.files, ", "),
          data ? fmt::format("; {} has no {}", *data, file) : std::string(), needed.advice);
    }
  }
}

// Copies a project that ships with weir; `data` is linked as its folder data/.
void CopyProject(const std::string& kind, const std::string& name, const fs::path& root,
                 const std::optional<std::string>& data) {
  const fs::path shipped = ShippedFolder(kind);
  std::vector<std::string> known;
  if (fs::is_directory(shipped)) {
    for (const auto& entry : fs::directory_iterator(shipped)) {
      if (fs::exists(entry.path() / "weir.yaml")) {
        known.push_back(entry.path().filename().string());
      }
    }
  }
  std::ranges::sort(known);
  if (std::ranges::find(known, name) == known.end()) {
    throw UserError("there is no '{}' among the {} of weir: {}{}", name, kind,
                    known.empty() ? "none is installed" : fmt::format("{}", fmt::join(known, ", ")),
                    DidYouMean(name, known));
  }
  CheckData(name, shipped, data);
  fs::create_directories(root);
  constexpr std::array kNotCopied = {"data",  "out",         "warehouse",
                                     ".weir", "__pycache__", kDataNeeded};
  for (const auto& entry : fs::directory_iterator(shipped / name)) {
    if (std::ranges::find(kNotCopied, entry.path().filename().string()) == kNotCopied.end()) {
      fs::copy(entry.path(), root / entry.path().filename(), fs::copy_options::recursive);
    }
  }
  if (data) {
    fs::create_directory_symlink(fs::canonical(*data), root / "data");
  }
}

// Says what was made; `warehouse` is absent where it is as the copied project has it.
void TellMade(const std::string& name, const fs::path& root,
              const std::optional<std::string>& warehouse, bool is_copied, Services& services) {
  if (services.options().json) {
    Json made = {{"project", name}, {"folder", root.string()}};
    if (warehouse) {
      made["warehouse"] = *warehouse;
    }
    PrintJson(services.out(), made);
    return;
  }
  services.out() << fmt::format("project {} in {}\n", name, root.string());
  if (warehouse) {
    services.out() << fmt::format("warehouse {}{}\n", *warehouse,
                                  is_copied ? " of environment dev" : "");
  }
}

// Throws UserError for what no command could open.
void CheckWarehouse(const std::string& given) {
  if (given.empty()) {
    throw UsageError("--warehouse is empty; it names a folder or a URL such as s3://bucket/prefix");
  }
  storage::Stores().Open(given);
}

// Gives the environment dev of a pack another warehouse.
void SetWarehouse(const fs::path& file, const std::string& warehouse) {
  constexpr std::string_view kLine = "\n  dev:\n    warehouse: ";
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const std::size_t line = text.find(kLine);
  if (line == std::string::npos) {
    throw UserError("{}: it has no environment dev with a warehouse; leave --warehouse away",
                    file.string());
  }
  const std::size_t begin = line + kLine.size();
  text.replace(begin, text.find('\n', begin) - begin, YamlText(warehouse));
  WriteFile(file, text);
}

void MakeProjectIn(const fs::path& root, const Arguments& arguments, Services& services) {
  CheckFree(root);
  const auto example = arguments.OptionalText("--example");
  const auto pack = arguments.OptionalText("--pack");
  if (example && (pack || arguments.Has("--warehouse"))) {
    throw UsageError("--example excludes --pack and --warehouse");
  }
  if (arguments.Has("--data") && !example) {
    throw UsageError("--data goes with --example");
  }
  const std::string given =
      arguments.OptionalText("--warehouse").value_or((root / "warehouse").string());
  CheckWarehouse(given);
  if (example || pack) {
    const std::string& name = example ? *example : *pack;
    CopyProject(example ? "examples" : "packs", name, root, arguments.OptionalText("--data"));
    std::optional<std::string> warehouse;
    if (arguments.Has("--warehouse")) {
      warehouse = WarehouseText(given, root);
      SetWarehouse(root / "weir.yaml", *warehouse);
    }
    TellMade(name, root, warehouse, true, services);
    return;
  }
  const std::string warehouse = WarehouseText(given, root);
  const bool inside =
      fs::path(warehouse).is_relative() && warehouse.find("://") == std::string::npos;

  WriteFile(root / "weir.yaml",
            fmt::format(kProjectText, fmt::arg("name", YamlText(ProjectName(root))),
                        fmt::arg("warehouse", YamlText(warehouse))));
  WriteFile(root / "README.md", fmt::format(kReadmeText, fmt::arg("name", ProjectName(root))));
  WriteFile(root / ".gitignore", (inside ? "/" + warehouse + "/\n" : "") + "/.weir/\n");
  WriteFile(root / "jobs" / ".gitkeep", "");
  WriteFile(root / "scripts" / "ci.sh", kCiScript);
  fs::permissions(root / "scripts" / "ci.sh",
                  fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                  fs::perm_options::add);
  WriteFile(root / ".github" / "workflows" / "weir.yml", kWorkflow);
  TellMade(ProjectName(root), root, warehouse, false, services);
}

void MakeProject(const Arguments& arguments, Services& services) {
  const std::string given = arguments.Text("DIR");
  if (given.empty()) {
    throw UsageError("DIR is empty; it names the folder to make");
  }
  const fs::path folder = fs::absolute(given).lexically_normal();
  const fs::path root = folder.has_filename() ? folder : folder.parent_path();
  try {
    MakeProjectIn(root, arguments, services);
  } catch (const fs::filesystem_error& problem) {
    const std::string place = problem.path1().empty() ? root.string() : problem.path1().string();
    throw ExternalError("the project can't be made in {}: {}: {}", root.string(), place,
                        problem.code().message());
  }
}

}  // namespace

Command NewCommand() {
  return {
      .name = "new",
      .group = "Projects",
      .summary = "Make a folder with a project: an empty one, an example or a pack.",
      .examples =
          "weir new shop\n"
          "weir new shop --warehouse /data/lake\n"
          "weir new shop --example shop\n"
          "weir new visits --example msweb --data FOLDER",
      .parameters = {{.name = "DIR",
                      .help = "the folder to make; it may exist if it is empty",
                      .required = true},
                     {.name = "--warehouse",
                      .value = "URL",
                      .help = "where tables lie: a folder or a URL (default: DIR/warehouse); of a "
                              "pack, those of environment dev"},
                     {.name = "--example",
                      .value = "NAME",
                      .help = "begin with a small complete project, such as shop"},
                     {.name = "--data",
                      .value = "FOLDER",
                      .help = "the data of an example that needs some, such as msweb"},
                     {.name = "--pack", .value = "NAME", .help = "begin with a pack"}},
      .run = MakeProject,
  };
}

}  // namespace weir::cli
