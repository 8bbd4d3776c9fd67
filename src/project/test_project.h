#pragma once

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/test_folder.h"
#include "project/project.h"

// For tests alone: a project's files in a folder that goes with the test.
namespace weir::project {

class TestProject {
 public:
  // The name and text of each file.
  TestProject(std::initializer_list<std::pair<const char*, std::string>> files) {
    for (const auto& [name, text] : files) {
      Write(name, text);
    }
  }

  const std::filesystem::path& path() const { return folder_.path(); }

  void Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path() / name).parent_path());
    std::ofstream(path() / name, std::ios::binary) << text;
  }

  Project Load(const LoadOptions& options = {}) const { return LoadProject(path(), options); }

  // What loading says is wrong, files by their names in the project; empty if nothing is.
  std::string Mistakes(const LoadOptions& options = {}) const {
    try {
      Load(options);
    } catch (const UserError& problem) {
      return WithoutFolder(problem.what());
    }
    return "";
  }

  std::string WithoutFolder(std::string text) const {
    const std::string folder = path().string() + "/";
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
      text.erase(at, folder.size());
    }
    return text;
  }

 private:
  TestFolder folder_;
};

}  // namespace weir::project
