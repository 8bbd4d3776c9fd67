#include "connectors/files/temporary_target.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/percent.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

void MakeTreeDurable(const fs::path& path) {
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      MakeTreeDurable(entry.path());
    }
  }
  MakeDurable(path);
}

}  // namespace

TemporaryTarget::TemporaryTarget(const fs::path& target, const std::string& run_id)
    : target_(target), prefix_("." + target.filename().string() + ".weir-") {
  fs::create_directories(target.parent_path());
  for (const auto& entry : fs::directory_iterator(target.parent_path())) {
    if (entry.path().filename().string().starts_with(prefix_)) {
      fs::remove_all(entry.path());
    }
  }
  path_ = target.parent_path() / (prefix_ + PercentEncode(run_id));
}

TemporaryTarget::~TemporaryTarget() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TemporaryTarget::Publish() {
  MakeTreeDurable(path_);
  // A folder that isn't empty can only be exchanged; the old one then goes with this object.
  const bool exchange = fs::is_directory(path_) && fs::exists(target_);
  const unsigned flags = exchange ? RENAME_EXCHANGE : 0U;
  if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), flags) != 0) {
    throw ExternalError("{}", SystemMessage(target_.string(), errno));
  }
  MakeDurable(target_.parent_path());
}

void MakeDurable(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool ok = file >= 0 && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) {
    close(file);
  }
  if (!ok) {
    throw ExternalError("{}", SystemMessage(path.string(), error));
  }
}

}  // namespace weir::connectors
