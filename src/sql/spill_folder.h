#pragma once

#include <filesystem>
#include <string>

#include "base/process.h"

namespace weir::sql {

// The folder that one database spills to, inside one that databases of many processes share. Its
// name says whose it is, so that whoever comes next empties what dead processes left behind.
class SpillFolder {
 public:
  // Makes `shared` and removes the folders of dead processes in it. An empty path: no folder.
  explicit SpillFolder(const std::filesystem::path& shared);
  SpillFolder(const SpillFolder&) = delete;
  SpillFolder& operator=(const SpillFolder&) = delete;
  // Removes the folder with what is in it.
  ~SpillFolder();

  // Not made yet: DuckDB makes it when it first spills. Empty if there is none.
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// "spill_<pid>_<start>_<boot>_<unique>_<host>" for a folder of that process.
std::string SpillFolderName(const ProcessIdentity& process, const std::string& unique);

}  // namespace weir::sql
