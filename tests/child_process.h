#pragma once

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir {

// This test program once more, as another process. Killed if it still runs at the end.
class ChildProcess {
 public:
  // `environment` ("NAME=value") comes on top of this process's own.
  explicit ChildProcess(std::vector<std::string> arguments,
                        std::vector<std::string> environment = {}) {
    arguments.insert(arguments.begin(), "/proc/self/exe");
    for (char** entry = environ; *entry != nullptr; ++entry) {
      environment.emplace_back(*entry);
    }
    const int error = posix_spawn(&pid_, "/proc/self/exe", nullptr, nullptr,
                                  Pointers(arguments).data(), Pointers(environment).data());
    if (error != 0) {
      throw std::runtime_error("can't start a child process");
    }
  }
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  // Its exit code, or the negative number of the signal that ended it.
  int Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  static std::vector<char*> Pointers(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) {
      pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
  }

  pid_t pid_ = -1;
};

}  // namespace weir
