#include "cli/doctor/file_system.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/run_id.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

struct KnownType {
  std::uint64_t magic;
  std::string_view name;
};

// From statfs(2).
constexpr std::array<KnownType, 12> kTypes = {{{0xEF53, "ext4"},
                                               {0x58465342, "xfs"},
                                               {0x9123683E, "btrfs"},
                                               {0x2FC12FC1, "zfs"},
                                               {0x01021994, "tmpfs"},
                                               {0x794C7630, "overlayfs"},
                                               {0x6969, "nfs"},
                                               {0xFF534D42, "cifs"},
                                               {0xFE534D42, "smb2"},
                                               {0x65735546, "fuse"},
                                               {0x4D44, "vfat"},
                                               {0x01021997, "9p"}}};

std::string TypeName(std::uint64_t magic) {
  const auto* const known = std::ranges::find(kTypes, magic, &KnownType::magic);
  return known != kTypes.end() ? std::string(known->name) : fmt::format("type {:#x}", magic);
}

bool TryHardLink(const std::string& file) {
  const std::string other = file + ".link";
  const bool linked = link(file.c_str(), other.c_str()) == 0;
  unlink(other.c_str());
  return linked;
}

// Whether a lock that one descriptor holds keeps another from it.
bool TryLock(const std::string& file, int descriptor) {
  const int other = open(file.c_str(), O_RDWR | O_CLOEXEC);
  const bool excludes = flock(descriptor, LOCK_EX | LOCK_NB) == 0 && other >= 0 &&
                        flock(other, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (other >= 0) {
    close(other);
  }
  return excludes;
}

void TryFiles(const fs::path& folder, FileSystem& found) {
  const std::string file = (folder / (".weir_probe_" + NewUuid())).string();
  constexpr mode_t kMode = 0600;
  const int descriptor = open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, kMode);
  if (descriptor < 0) {
    found.problem = SystemMessage("files can't be made in " + folder.string(), errno);
    return;
  }
  found.hard_links = TryHardLink(file);
  found.locks = TryLock(file, descriptor);
  close(descriptor);
  unlink(file.c_str());
}

// The path itself or, if it isn't there yet, the nearest above it that is.
fs::path NearestThere(const fs::path& path) {
  std::error_code ignored;
  fs::path nearest = fs::absolute(path).lexically_normal();
  while (!fs::exists(nearest, ignored) && nearest.has_relative_path()) {
    nearest = nearest.parent_path();
  }
  return nearest;
}

}  // namespace

FileSystem ProbeFileSystem(const fs::path& folder) {
  FileSystem found;
  const fs::path there = NearestThere(folder);
  std::error_code ignored;
  if (!fs::is_directory(there, ignored)) {
    found.problem = fmt::format("{} is not a folder", there.string());
    return found;
  }
  struct statfs status{};
  struct statvfs space{};
  if (statfs(there.c_str(), &status) != 0 || statvfs(there.c_str(), &space) != 0) {
    found.problem = SystemMessage(there.string(), errno);
    return found;
  }
  found.type = TypeName(static_cast<std::uint32_t>(status.f_type));
  found.free_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  found.total_bytes = static_cast<std::uint64_t>(space.f_blocks) * space.f_frsize;
  TryFiles(there, found);
  return found;
}

}  // namespace weir::cli
