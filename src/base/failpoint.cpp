#include "base/failpoint.h"

#ifdef WEIR_FAILPOINTS

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace weir {
namespace {

struct Target {
  std::string name;
  int count = 1;
};

Target ReadTarget() {
  const char* text = std::getenv("WEIR_FAILPOINT");
  Target target{.name = text == nullptr ? "" : text};
  const auto colon = target.name.rfind(':');  // names have colons, too
  const bool has_count =
      colon != std::string::npos && colon + 1 < target.name.size() &&
      target.name.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  if (has_count) {
    target.count = std::atoi(target.name.c_str() + colon + 1);
    target.name.resize(colon);
  }
  return target;
}

void LogHit(std::string_view name) {
  const char* path = std::getenv("WEIR_FAILPOINT_LOG");
  if (path == nullptr) {
    return;
  }
  const std::string line = std::string(name) + "\n";
  const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  [[maybe_unused]] const auto written = write(file, line.data(), line.size());
  close(file);
}

}  // namespace

void Failpoint(std::string_view name) {
  static const Target kTarget = ReadTarget();
  static std::atomic<int> reached{0};
  if (kTarget.name != name || ++reached != kTarget.count) {
    return;
  }
  LogHit(name);
  kill(getpid(), SIGKILL);
}

}  // namespace weir

#endif
