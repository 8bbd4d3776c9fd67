#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace weir {

// Which process this is, so that another one can tell whether it still lives.
struct ProcessIdentity {
  std::string host;
  std::string boot;  // the kernel's boot id: a pid means nothing after a restart
  std::int64_t pid = 0;
  std::uint64_t start = 0;  // clock ticks from boot to the process's start: pids are reused

  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

// This process.
ProcessIdentity CurrentProcess();

enum class Liveness { kAlive, kDead, kUnknown };

// kUnknown for a process of another host.
Liveness LivenessOf(const ProcessIdentity& process);

// The folder of the running program, through links.
std::filesystem::path ProgramFolder();

// The most memory this process has had resident so far, in bytes.
std::uint64_t PeakResidentBytes();

// Memory that this process may use, in bytes: the least of RAM and the limits of its cgroups.
std::uint64_t MemoryLimitBytes();

// Processors that this process may run on, at least 1.
int AvailableProcessors();

}  // namespace weir
