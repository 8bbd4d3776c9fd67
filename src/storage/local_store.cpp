#include "storage/local_store.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <set>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/parallel.h"
#include "base/run_id.h"

namespace weir::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLeftoverPrefix = ".weir-tmp-";

[[noreturn]] void ThrowSystem(const char* action, const fs::path& path) {
  const int error = errno;
  throw ExternalError("{}",
                      SystemMessage(fmt::format("can't {} {}", action, path.string()), error));
}

// A file descriptor that closes itself.
class File {
 public:
  // `named` is what the error names.
  File(const fs::path& path, int flags, const char* action, const fs::path& named)
      : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) {
      ThrowSystem(action, named);
    }
  }
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

void Sync(const fs::path& path) {
  const File file(path, O_RDONLY, "open", path);
  if (fsync(file.descriptor()) != 0) {
    ThrowSystem("sync", path);
  }
}

void WriteAll(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      ThrowSystem("write", path);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Reads from `offset` until `length` bytes or the end of the file.
std::string ReadAt(int descriptor, std::uint64_t offset, std::uint64_t length,
                   const fs::path& path) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0) {
    ThrowSystem("look at", path);
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::string bytes(offset < size ? std::min(length, size - offset) : 0, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = pread(descriptor, bytes.data() + filled, bytes.size() - filled,
                              static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      ThrowSystem("read", path);
    }
    if (got == 0) {
      break;
    }
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

ObjectInfo InfoOf(std::string key, const struct stat& status) {
  return {.key = std::move(key),
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified = static_cast<Micros>(status.st_mtim.tv_sec) * 1'000'000 +
                      status.st_mtim.tv_nsec / 1000};
}

void MakeFoldersDurably(const fs::path& folder) {
  std::error_code unknown;  // mkdir says why
  if (fs::is_directory(folder, unknown)) {
    return;
  }
  if (!folder.parent_path().empty() && folder.parent_path() != folder) {
    MakeFoldersDurably(folder.parent_path());
  }
  if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
    ThrowSystem("make folder", folder);
  }
  Sync(folder.parent_path().empty() ? fs::path(".") : folder.parent_path());
}

// A folder that isn't there holds nothing; any other failure to list it is an error.
void CheckListed(std::error_code error, const fs::path& folder) {
  if (error && error != std::errc::no_such_file_or_directory &&
      error != std::errc::not_a_directory) {
    errno = error.value();
    ThrowSystem("list", folder);
  }
}

bool LacksHardLinks(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK ||
         error == EXDEV;
}

struct Listed {
  ObjectInfo info;
  bool is_folder = false;
};

// An entry of a folder; absent if it is gone. Names are known from the folder, all else is asked
// for.
std::optional<Listed> Look(const fs::directory_entry& entry, const std::string& key,
                           bool names_only) {
  if (names_only) {
    std::error_code gone;
    return Listed{.info = {.key = key}, .is_folder = entry.is_directory(gone)};
  }
  struct stat status{};
  if (stat(entry.path().c_str(), &status) != 0) {
    return std::nullopt;
  }
  return Listed{.info = InfoOf(key, status), .is_folder = S_ISDIR(status.st_mode)};
}

// What lies directly in a folder, in no order; nothing if there is none. `prefix` is the folder's
// key with '/' at its end, or empty.
std::vector<Listed> EntriesOf(const fs::path& folder, const std::string& prefix, bool names_only) {
  std::vector<Listed> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (auto listed = Look(*entry, prefix + entry->path().filename().string(), names_only)) {
      entries.push_back(std::move(*listed));
    }
  }
  CheckListed(error, folder);
  return entries;
}

// Whether the name of an object is one of those that half-written ones have.
bool IsLeftover(std::string_view key) {
  return key.substr(key.rfind('/') + 1).starts_with(kLeftoverPrefix);
}

class LocalLock final : public StoreLock {
 public:
  explicit LocalLock(const fs::path& path) : file_(path, O_RDWR | O_CREAT, "open", path) {
    while (flock(file_.descriptor(), LOCK_EX) != 0) {
      if (errno != EINTR) {
        ThrowSystem("lock", path);
      }
    }
  }
  void Check() const override {}  // the kernel holds it

 private:
  File file_;
};

}  // namespace

LocalStore::LocalStore(const fs::path& root) : root_(fs::absolute(root).lexically_normal()) {
  if (!root_.has_filename() && root_.has_parent_path()) {
    root_ = root_.parent_path();
  }
}

fs::path LocalStore::PathOf(std::string_view key) const { return root_ / key; }

std::string LocalStore::root() const { return root_.string(); }

std::string LocalStore::Url(std::string_view key) const { return PathOf(key).string(); }

std::unique_ptr<ObjectStore> LocalStore::Below(std::string_view prefix) const {
  return std::make_unique<LocalStore>(PathOf(prefix));
}

std::optional<std::string> LocalStore::Get(std::string_view key) const {
  const fs::path path = PathOf(key);
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.descriptor() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return std::nullopt;
    }
    ThrowSystem("open", path);
  }
  return ReadAt(file.descriptor(), 0, std::numeric_limits<std::uint64_t>::max(), path);
}

std::string LocalStore::GetRange(std::string_view key, std::uint64_t offset,
                                 std::uint64_t length) const {
  const fs::path path = PathOf(key);
  const File file(path, O_RDONLY, "open", path);
  return ReadAt(file.descriptor(), offset, length, path);
}

std::optional<ObjectInfo> LocalStore::Head(std::string_view key) const {
  struct stat status{};
  if (stat(PathOf(key).c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return std::nullopt;
    }
    ThrowSystem("look at", PathOf(key));
  }
  return S_ISREG(status.st_mode) ? std::optional(InfoOf(std::string(key), status)) : std::nullopt;
}

fs::path LocalStore::WriteBeside(const fs::path& path, std::string_view bytes) {
  MakeFoldersDurably(path.parent_path());
  fs::path temporary = path.parent_path() / (std::string(kLeftoverPrefix) + NewUuid());
  const File file(temporary, O_WRONLY | O_CREAT | O_EXCL, "create", path);
  try {
    WriteAll(file.descriptor(), bytes, path);
    if (fsync(file.descriptor()) != 0) {
      ThrowSystem("sync", path);
    }
  } catch (const ExternalError&) {
    unlink(temporary.c_str());
    throw;
  }
  return temporary;
}

void LocalStore::Put(std::string_view key, std::string_view bytes) {
  const fs::path path = PathOf(key);
  const fs::path temporary = WriteBeside(path, bytes);
  Failpoint("put:before-rename");
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    unlink(temporary.c_str());
    ThrowSystem("replace", path);
  }
  Sync(path.parent_path());
}

void LocalStore::PutFile(std::string_view key, const fs::path& file) {
  const File source(file, O_RDONLY, "open", file);
  Put(key, ReadAt(source.descriptor(), 0, std::numeric_limits<std::uint64_t>::max(), file));
}

bool LocalStore::PutIfAbsent(std::string_view key, std::string_view bytes) {
  const fs::path path = PathOf(key);
  const fs::path temporary = WriteBeside(path, bytes);
  Failpoint("put-if-absent:before-link");
  const int failed = link(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  Failpoint("put-if-absent:after-link");
  unlink(temporary.c_str());
  if (failed == EEXIST) {
    return false;
  }
  if (LacksHardLinks(failed)) {
    throw UserError(
        "the file system of {} has no hard links, which commits need so that two writers can't "
        "both win; put the warehouse on a local file system such as ext4 or xfs ({})",
        path.parent_path().string(), SystemMessage("link", failed));
  }
  if (failed != 0) {
    errno = failed;
    ThrowSystem("create", path);
  }
  Sync(path.parent_path());
  return true;
}

void LocalStore::Delete(std::string_view key) {
  const fs::path path = PathOf(key);
  if (unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
    ThrowSystem("delete", path);
  }
}

std::vector<ObjectInfo> LocalStore::Walk(std::string_view prefix, const ListOptions& what,
                                         bool leftovers) const {
  const auto slash = prefix.rfind('/');
  const auto leads_there = [&](const std::string& folder) {
    return what.recursive && (folder.starts_with(prefix) || prefix.starts_with(folder));
  };
  std::vector<ObjectInfo> found;
  std::vector<std::string> open_folders{
      std::string(slash == std::string_view::npos ? "" : prefix.substr(0, slash + 1))};
  while (!open_folders.empty()) {
    const std::string current = std::move(open_folders.back());
    open_folders.pop_back();
    for (Listed& listed : EntriesOf(PathOf(current), current, what.names_only)) {
      const std::string& key = listed.info.key;
      if (listed.is_folder && leads_there(key + "/")) {
        open_folders.push_back(key + "/");
      } else if (!listed.is_folder && key.starts_with(prefix) && IsLeftover(key) == leftovers) {
        found.push_back(std::move(listed.info));
      }
    }
  }
  std::ranges::sort(found, {}, &ObjectInfo::key);
  return found;
}

std::vector<ObjectInfo> LocalStore::List(std::string_view prefix,
                                         const ListOptions& options) const {
  std::vector<ObjectInfo> found = Walk(prefix, options, false);
  std::erase_if(found, [&](const ObjectInfo& object) {
    return !options.start_after.empty() && object.key <= options.start_after;
  });
  return found;
}

std::vector<ObjectInfo> LocalStore::ListLeftovers(std::string_view prefix) const {
  return Walk(prefix, {}, true);
}

std::vector<std::string> LocalStore::ListFolders(std::string_view prefix) const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(PathOf(prefix), error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    if (entry->is_directory(gone)) {
      names.push_back(entry->path().filename().string());
    }
  }
  CheckListed(error, PathOf(prefix));
  std::ranges::sort(names);
  return names;
}

void LocalStore::MakeDurable(std::span<const std::string> keys) {
  constexpr int kSyncsAtOnce = 8;  // they wait for the disk, which does several in one go
  std::vector<fs::path> paths;
  std::set<fs::path> folders;
  for (const std::string& key : keys) {
    paths.push_back(PathOf(key));
    for (fs::path folder = paths.back().parent_path();
         folder != root_ && folders.insert(folder).second;) {
      folder = folder.parent_path();
    }
  }
  folders.insert(root_);
  paths.insert(paths.end(), folders.begin(), folders.end());
  ParallelFor(paths.size(), kSyncsAtOnce, [&](std::size_t i) { Sync(paths[i]); });
}

void LocalStore::MakeFolder(std::string_view prefix) { MakeFoldersDurably(PathOf(prefix)); }

void LocalStore::RemoveEmptyFolders(std::string_view prefix) {
  for (const std::string& name : ListFolders(prefix)) {
    RemoveEmptyFolders(std::string(prefix) + name + "/");
  }
  const fs::path path = PathOf(prefix);
  if (rmdir(path.c_str()) != 0 && errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT) {
    ThrowSystem("remove folder", path);
  }
}

std::unique_ptr<StoreLock> LocalStore::Lock(std::string_view key) {
  const fs::path path = PathOf(key);
  MakeFoldersDurably(path.parent_path());
  return std::make_unique<LocalLock>(path);
}

}  // namespace weir::storage
