#include "operators/ingest/reference_files.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/process.h"

namespace weir::operators {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> ReferenceFolders() {
  if (const char* folder = std::getenv("WEIR_REFERENCE_DIR"); folder != nullptr) {
    return {folder};
  }
  std::vector<fs::path> folders{ProgramFolder().parent_path() / "share" / "weir" / "reference"};
  for (fs::path folder = ProgramFolder(); folder.has_relative_path();
       folder = folder.parent_path()) {
    folders.push_back(folder / ".deps");
  }
  return folders;
}

}  // namespace

fs::path ReferenceFile(std::string_view name) {
  std::string tried;
  for (const fs::path& folder : ReferenceFolders()) {
    const fs::path file = folder / name;
    std::error_code problem;
    if (fs::is_regular_file(file, problem)) {
      return file;
    }
    tried += (tried.empty() ? "" : ", ") + file.string();
  }
  throw ExternalError("reference data '{}' isn't there; tried {}", name, tried);
}

std::string ReadReference(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream) {
    throw UserError("{} can't be read", file.string());
  }
  return text;
}

}  // namespace weir::operators
