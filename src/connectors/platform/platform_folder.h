#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weir::connectors {

// A part of all objects of a kind, as the platform gives it: the text of a JSON array.
struct PlatformPage {
  std::string name;  // what errors call it: "world/platform/segments.json"
  std::string text;
};

// The platform as a folder: `<folder>/<kind>.json` holds all objects of a kind, as one page. What
// gets pages by the API can take this one's place.
class PlatformFolder {
 public:
  // `path` may be relative to the project's folder, to which names of pages are.
  PlatformFolder(std::filesystem::path project_folder, const std::filesystem::path& path);

  // All pages of a kind. Throws UserError for a file that isn't there or can't be read.
  std::vector<PlatformPage> Pages(std::string_view kind) const;

 private:
  std::filesystem::path project_folder_;
  std::filesystem::path folder_;
};

}  // namespace weir::connectors
