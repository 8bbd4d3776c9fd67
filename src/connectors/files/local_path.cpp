#include "connectors/files/local_path.h"

#include <string_view>

#include "base/error.h"

namespace weir::connectors {
namespace {

constexpr std::string_view kFileScheme = "file://";

}  // namespace

std::filesystem::path LocalPath(const std::filesystem::path& project_folder,
                                const std::string& text) {
  const bool has_scheme = text.starts_with(kFileScheme);
  return (project_folder / (has_scheme ? text.substr(kFileScheme.size()) : text))
      .lexically_normal();
}

void CheckLocalPath(const std::string& text) {
  if (text.find("://") != std::string::npos && !text.starts_with(kFileScheme)) {
    throw UserError("setting 'path' is '{}'; a folder of this machine is allowed", text);
  }
}

}  // namespace weir::connectors
