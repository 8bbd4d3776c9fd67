#include "base/process.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <vector>

#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

namespace weir {
namespace {

std::string ReadFirstLine(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Field 22 of /proc/<pid>/stat. The name in field 2 may hold spaces and brackets; it ends at the
// last ')'. Absent if there is no such process.
std::optional<std::uint64_t> StartOf(std::int64_t pid) {
  const std::string line = ReadFirstLine("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream rest(line.substr(name_end + 2));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  constexpr std::size_t kState = 0;
  constexpr std::size_t kStart = 19;
  if (fields.size() <= kStart || fields[kState] == "Z" || fields[kState] == "X") {
    return std::nullopt;
  }
  return std::stoull(fields[kStart]);
}

std::string HostName() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

// The limit that a cgroup file states, or `otherwise` for "max", nonsense or no file.
std::uint64_t CgroupLimit(const std::filesystem::path& path, std::uint64_t otherwise) {
  const std::string line = ReadFirstLine(path);
  if (line.empty() || line.find_first_not_of("0123456789") != std::string::npos) {
    return otherwise;
  }
  return std::stoull(line);
}

}  // namespace

ProcessIdentity CurrentProcess() {
  const std::int64_t pid = getpid();
  return {.host = HostName(),
          .boot = ReadFirstLine("/proc/sys/kernel/random/boot_id"),
          .pid = pid,
          .start = StartOf(pid).value_or(0)};
}

Liveness LivenessOf(const ProcessIdentity& process) {
  const ProcessIdentity here = CurrentProcess();
  if (process.host != here.host) {
    return Liveness::kUnknown;
  }
  if (process.boot != here.boot) {
    return Liveness::kDead;
  }
  return StartOf(process.pid) == process.start ? Liveness::kAlive : Liveness::kDead;
}

std::filesystem::path ProgramFolder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

std::uint64_t PeakResidentBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::uint64_t MemoryLimitBytes() {
  struct sysinfo info{};
  sysinfo(&info);
  const std::uint64_t ram = static_cast<std::uint64_t>(info.totalram) * info.mem_unit;
  const std::string group = ReadFirstLine("/proc/self/cgroup");
  std::uint64_t limit = std::min(CgroupLimit("/sys/fs/cgroup/memory.max", ram),
                                 CgroupLimit("/sys/fs/cgroup/memory/memory.limit_in_bytes", ram));
  if (group.starts_with("0::/")) {
    std::filesystem::path folder = "/sys/fs/cgroup";
    for (const auto& part : std::filesystem::path(group.substr(4))) {
      folder /= part;
      limit = std::min(limit, CgroupLimit(folder / "memory.max", ram));
    }
  }
  return std::min(limit, ram);
}

int AvailableProcessors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace weir
