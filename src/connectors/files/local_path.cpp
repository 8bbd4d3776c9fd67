#include "connectors/files/local_path.h"

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

bool IsS3Url(std::string_view text) { return text.starts_with("s3://"); }

std::string FolderUrl(const std::filesystem::path& project_folder, const std::string& text) {
  return IsS3Url(text) ? text : LocalPath(project_folder, text).string();
}

void CheckLocalPath(const std::string& text) {
  if (text.find("://") != std::string::npos && !text.starts_with(kFileScheme)) {
    throw UserError("setting 'path' is '{}'; a folder of this machine is allowed", text);
  }
}

}  // namespace weir::connectors
