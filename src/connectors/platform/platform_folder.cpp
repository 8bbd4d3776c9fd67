#include "connectors/platform/platform_folder.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "connectors/files/file_list.h"
#include "project/yaml_file.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

std::string JsonFilesOf(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
    if (entry.path().extension() == ".json") {
      names.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names.empty() ? "no JSON file" : fmt::to_string(fmt::join(names, ", "));
}

}  // namespace

PlatformFolder::PlatformFolder(fs::path project_folder, const fs::path& path)
    : project_folder_(std::move(project_folder)),
      folder_((project_folder_ / path).lexically_normal()) {}

std::vector<PlatformPage> PlatformFolder::Pages(std::string_view kind) const {
  const fs::path file = folder_ / fmt::format("{}.json", kind);
  PlatformPage page{.name = FileIdentity(project_folder_, file.string()), .text = ""};
  auto text = project::ReadTextFile(file);
  if (!text) {
    std::error_code unknown;
    throw UserError("{}: {}; the platform's folder has {}", page.name,
                    fs::exists(file, unknown) ? "it can't be read" : "there is no such file",
                    JsonFilesOf(folder_));
  }
  page.text = *std::move(text);
  return {std::move(page)};
}

}  // namespace weir::connectors
