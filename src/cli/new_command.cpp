#include <cctype>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/services.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

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
)";

std::string NameOf(const fs::path& folder) {
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

std::string YamlText(const std::string& text) {
  const bool plain = text.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789_-./") == std::string::npos;
  const bool is_word =
      text.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/") !=
      std::string::npos;
  return plain && is_word && text.front() != '-' ? text : Quoted(text);
}

void MakeProject(const Arguments& arguments, Services& services) {
  const fs::path folder = fs::absolute(arguments.Text("DIR")).lexically_normal();
  const fs::path root = folder.has_filename() ? folder : folder.parent_path();
  CheckFree(root);
  const std::string warehouse = WarehouseText(
      arguments.OptionalText("--warehouse").value_or((root / "warehouse").string()), root);
  const bool inside =
      fs::path(warehouse).is_relative() && warehouse.find("://") == std::string::npos;

  WriteFile(root / "weir.yaml", fmt::format(kProjectText, fmt::arg("name", YamlText(NameOf(root))),
                                            fmt::arg("warehouse", YamlText(warehouse))));
  WriteFile(root / "README.md", fmt::format(kReadmeText, fmt::arg("name", NameOf(root))));
  WriteFile(root / ".gitignore", (inside ? "/" + warehouse + "/\n" : "") + "/.weir/\n");
  WriteFile(root / "jobs" / ".gitkeep", "");
  services.out() << fmt::format("project {} in {}\nwarehouse {}\n", NameOf(root), root.string(),
                                warehouse);
}

}  // namespace

Command NewCommand() {
  return {
      .name = "new",
      .group = "Projects",
      .summary = "Make a folder with an empty project.",
      .examples =
          "weir new shop\n"
          "weir new shop --warehouse /data/lake",
      .parameters = {{.name = "DIR",
                      .help = "the folder to make; it may exist if it is empty",
                      .required = true},
                     {.name = "--warehouse",
                      .value = "URL",
                      .help = "where tables lie: a folder or a URL (default: DIR/warehouse)"}},
      .run = MakeProject,
  };
}

}  // namespace weir::cli
