#include "sql/extensions.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"

namespace weir::sql {

std::vector<std::filesystem::path> ExtensionFolders(const std::filesystem::path& program_folder) {
  if (const char* folder = std::getenv("WEIR_EXTENSION_DIR"); folder != nullptr) {
    return {folder};
  }
  std::vector<std::filesystem::path> folders{program_folder.parent_path() / "lib" / "weir" /
                                             "extensions"};
  for (std::filesystem::path folder = program_folder; folder.has_relative_path();
       folder = folder.parent_path()) {
    const std::filesystem::path candidate = folder / ".deps" / "duckdb" / "extensions";
    std::error_code error;
    if (std::filesystem::is_directory(candidate, error)) {
      folders.push_back(candidate);
    }
  }
  return folders;
}

std::filesystem::path FindExtension(std::string_view name,
                                    const std::vector<std::filesystem::path>& folders) {
  const std::string file = fmt::format("{}.duckdb_extension", name);
  std::string tried;
  for (const std::filesystem::path& folder : folders) {
    std::filesystem::path path = folder / file;
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) {
      return path;
    }
    tried += (tried.empty() ? "" : ", ") + path.string();
  }
  throw ExternalError("DuckDB extension '{}' isn't there; tried {}", name, tried);
}

}  // namespace weir::sql
