#pragma once

#include <filesystem>
#include <string>

namespace weir::connectors {

// A file or folder that appears whole under its name or not at all: it is written to a hidden name
// beside the target; what is left of that goes with the object. Leftovers of killed writers of this
// target are removed first. Not thread-safe. Throws ExternalError for what the file system refuses.
class TemporaryTarget {
 public:
  // Makes the folders on the way.
  TemporaryTarget(const std::filesystem::path& target, const std::string& run_id);
  TemporaryTarget(const TemporaryTarget&) = delete;
  TemporaryTarget& operator=(const TemporaryTarget&) = delete;
  ~TemporaryTarget();

  // Where to write.
  const std::filesystem::path& path() const { return path_; }
  // Puts it in the target's place, durably; what was there goes.
  void Publish();

 private:
  std::filesystem::path target_;
  std::string prefix_;
  std::filesystem::path path_;
};

// Makes a file, or a folder's list of names, durable.
void MakeDurable(const std::filesystem::path& path);

}  // namespace weir::connectors
