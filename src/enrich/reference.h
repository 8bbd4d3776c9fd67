#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

// For tests alone: files and programs that know the right answer from elsewhere.
namespace weir::enrich {

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::filesystem::path DepsFile(const std::string& name) {
  return std::filesystem::path(WEIR_DEPS) / name;
}

inline std::filesystem::path SharedFile(const std::string& name) {
  return std::filesystem::path(WEIR_SHARED_DATA) / name;
}

// The command of a program of the machine or of .deps/, or nothing if neither has it.
inline std::string FindProgram(const std::string& name) {
  const std::string own = DepsFile("node/bin/" + name).string();
  for (const std::string& candidate : {name, own}) {
    if (std::system(("command -v " + candidate + " >/dev/null 2>&1").c_str()) == 0) {
      return candidate;
    }
  }
  return "";
}

// Lines in, lines out: what `program` with a script of tests/enrich/ prints for `input`.
inline std::vector<std::string> AskScript(const std::string& program, const std::string& script,
                                          const std::vector<std::string>& input) {
  std::string folder = (std::filesystem::temp_directory_path() / "weir-enrich-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    throw std::runtime_error("no temporary folder");
  }
  std::ofstream questions(folder + "/in");
  for (const std::string& line : input) {
    questions << line << '\n';
  }
  questions.close();
  const std::string command =
      fmt::format("{0} {1}/{2} <{3}/in >{3}/out", program, WEIR_TEST_SCRIPTS, script, folder);
  std::vector<std::string> output;
  if (std::system(command.c_str()) == 0) {
    std::ifstream answers(folder + "/out");
    for (std::string line; std::getline(answers, line);) {
      output.push_back(line);
    }
  }
  std::filesystem::remove_all(folder);
  return output;
}

}  // namespace weir::enrich
