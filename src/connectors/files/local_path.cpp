#include "connectors/files/local_path.h"

#include "base/error.h"

namespace weir::connectors {
namespace {

constexpr std::string_view kFileScheme = "file://";

bool HasOtherScheme(std::string_view text) {
  return text.find("://") != std::string_view::npos && !text.starts_with(kFileScheme);
}

}  // namespace

std::filesystem::path LocalPath(const std::filesystem::path& project_folder,
                                const std::string& text) {
  if (HasOtherScheme(text)) {
    throw UserError("'{}' is no folder of this machine", text);
  }
  const bool has_scheme = text.starts_with(kFileScheme);
  return (project_folder / (has_scheme ? text.substr(kFileScheme.size()) : text))
      .lexically_normal();
}

bool IsS3Url(std::string_view text) { return text.starts_with("s3://"); }

std::string FolderUrl(const std::filesystem::path& project_folder, const std::string& text) {
  if (IsS3Url(text)) {
    return text;
  }
  if (HasOtherScheme(text)) {
    throw UserError("'{}' is no folder; allowed are a path, file://… and s3://…", text);
  }
  return LocalPath(project_folder, text).string();
}

void CheckLocalPath(const std::string& text, std::string_view setting) {
  if (HasOtherScheme(text)) {
    throw UserError("setting '{}' is '{}'; a folder of this machine is allowed", setting, text);
  }
}

}  // namespace weir::connectors
