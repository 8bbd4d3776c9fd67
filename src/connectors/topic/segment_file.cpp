#include "connectors/topic/segment_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/run_id.h"
#include "connectors/files/temporary_target.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnd = ".ndjson";
constexpr std::string_view kOpenEnd = ".open";
constexpr mode_t kMode = 0640;

[[noreturn]] void Fail(const fs::path& path, const char* what) {
  throw ExternalError("{}", SystemMessage(path.string() + ": can't be " + what, errno));
}

// A descriptor that is closed.
class OpenedFile {
 public:
  OpenedFile(const fs::path& path, int flags) : number_(open(path.c_str(), flags | O_CLOEXEC)) {}
  OpenedFile(const OpenedFile&) = delete;
  OpenedFile& operator=(const OpenedFile&) = delete;
  ~OpenedFile() {
    if (number_ >= 0) {
      close(number_);
    }
  }
  int number() const { return number_; }

 private:
  int number_;
};

// With those above it; each is durable.
void MakeFolders(const fs::path& folder) {
  if (fs::is_directory(folder)) {
    return;
  }
  if (folder.has_parent_path() && folder.parent_path() != folder) {
    MakeFolders(folder.parent_path());
  }
  if (mkdir(folder.c_str(), 0750) != 0 && errno != EEXIST) {
    Fail(folder, "made");
  }
  MakeDurable(folder.has_parent_path() ? folder.parent_path() : fs::path("."));
}

// What stands behind the last line feed isn't counted.
off_t EndOfLines(int file, const fs::path& path) {
  constexpr off_t kBlock = off_t{64} << 10U;
  std::vector<char> block(kBlock);
  struct stat about{};
  if (fstat(file, &about) != 0) {
    Fail(path, "read");
  }
  for (off_t end = about.st_size; end > 0;) {
    const off_t begin = end > kBlock ? end - kBlock : 0;
    const auto wanted = static_cast<std::size_t>(end - begin);
    if (pread(file, block.data(), wanted, begin) != static_cast<ssize_t>(wanted)) {
      Fail(path, "read");
    }
    if (const void* found = memrchr(block.data(), '\n', wanted)) {
      return begin + (static_cast<const char*>(found) - block.data()) + 1;
    }
    end = begin;
  }
  return 0;
}

// False if its writer lives or somebody else has finished it.
bool FinishOne(const fs::path& open_path) {
  const OpenedFile file(open_path, O_RDWR);
  if (file.number() < 0) {
    return errno == ENOENT ? false : (Fail(open_path, "opened"), false);
  }
  struct stat held{};
  struct stat named{};
  if (flock(file.number(), LOCK_EX | LOCK_NB) != 0 || fstat(file.number(), &held) != 0 ||
      stat(open_path.c_str(), &named) != 0 || held.st_ino != named.st_ino) {
    return false;
  }
  const off_t end = EndOfLines(file.number(), open_path);
  if (ftruncate(file.number(), end) != 0 || fsync(file.number()) != 0) {
    Fail(open_path, "finished");
  }
  Failpoint("collect:in-recovery");
  std::string name = open_path.filename().string().substr(1);
  name.resize(name.size() - kOpenEnd.size());
  const bool is_done =
      end == 0 ? unlink(open_path.c_str()) == 0
               : rename(open_path.c_str(), (open_path.parent_path() / name).c_str()) == 0;
  if (!is_done) {
    Fail(open_path, "finished");
  }
  MakeDurable(open_path.parent_path());
  return true;
}

bool IsOpenName(const std::string& name) {
  return name.starts_with('.') && name.ends_with(std::string(kEnd) + std::string(kOpenEnd));
}

}  // namespace

SegmentFile::SegmentFile(const fs::path& folder, Micros now) {
  const fs::path day = folder / FormatDate(static_cast<std::int32_t>(FloorDivide(now, kDay)));
  const std::string name = NewRunId() + std::string(kEnd);
  open_path_ = day / ("." + name + std::string(kOpenEnd));
  path_ = day / name;
  MakeFolders(day);
  file_ = open(open_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, kMode);
  if (file_ < 0) {
    Fail(open_path_, "made");
  }
  // Who finishes left-over files between these two lines has taken an empty one away.
  struct stat held{};
  if (flock(file_, LOCK_EX) != 0 || fstat(file_, &held) != 0 || held.st_nlink == 0) {
    close(file_);
    throw ExternalError("{}: another process has taken it away; try again", open_path_.string());
  }
  MakeDurable(day);
  Failpoint("collect:after-create");
}

SegmentFile::~SegmentFile() {
  if (file_ >= 0) {
    close(file_);
  }
}

void SegmentFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      Fail(open_path_, "written");
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  Failpoint("collect:after-write");
  if (fdatasync(file_) != 0) {
    Fail(open_path_, "made durable");
  }
  Failpoint("collect:after-sync");
}

void SegmentFile::Append(std::string_view bytes) {
  try {
    Write(bytes);
  } catch (const ExternalError&) {
    // After a failed sync nobody knows what the disk holds of the last bytes.
    is_broken_ = ftruncate(file_, size_) != 0 || fsync(file_) != 0;
    throw;
  }
  size_ += static_cast<std::int64_t>(bytes.size());
}

void SegmentFile::Finish() {
  Failpoint("collect:before-rename");
  const bool is_done =
      size_ == 0 ? unlink(open_path_.c_str()) == 0 : rename(open_path_.c_str(), path_.c_str()) == 0;
  if (!is_done && !(errno == ENOENT && fs::exists(path_))) {
    Fail(open_path_, "finished");
  }
  MakeDurable(path_.parent_path());
  Failpoint("collect:after-rename");
}

int FinishLeftOvers(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code problem;
  if (!fs::exists(folder, problem)) {
    return 0;
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder, problem)) {
    if (IsOpenName(entry.path().filename().string()) && entry.is_regular_file()) {
      found.push_back(entry.path());
    }
  }
  if (problem) {
    throw ExternalError("{}: can't be read: {}", folder.string(), problem.message());
  }
  int finished = 0;
  for (const fs::path& path : found) {
    finished += FinishOne(path) ? 1 : 0;
  }
  return finished;
}

}  // namespace weir::connectors
