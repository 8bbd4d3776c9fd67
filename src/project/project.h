#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace weir::project {

// What weir.yaml says.
struct Project {
  std::filesystem::path folder;  // absolute
  std::string name;
  std::string warehouse;  // an absolute path or a URL
};

constexpr auto kProjectFile = "weir.yaml";

// The folder with weir.yaml: `named` if given (a UserError if it has none), else the working folder
// or the nearest one above it that has one.
std::optional<std::filesystem::path> FindProjectFolder(
    const std::optional<std::filesystem::path>& named);

// Throws one UserError with all mistakes of the file, each with its line and column, what was found
// and what is allowed.
Project LoadProject(const std::filesystem::path& folder);

}  // namespace weir::project
