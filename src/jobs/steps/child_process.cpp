#include "jobs/steps/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace weir::jobs {
namespace {

constexpr std::size_t kLongestLine = 64U << 10U;  // bytes; longer ones are cut in pieces

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { Close(); }

  int get() const { return number_; }
  void Close() {
    if (number_ >= 0) {
      close(std::exchange(number_, -1));
    }
  }

 private:
  int number_ = -1;
};

void Check(bool ok, const char* what) {
  if (!ok) {
    throw ExternalError("{}", SystemMessage(what, errno));
  }
}

struct Pipe {
  Descriptor read;
  Descriptor write;

  Pipe() {
    std::array<int, 2> ends{};
    Check(pipe2(ends.data(), O_CLOEXEC) == 0, "a pipe to a command");
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
    Check(fcntl(read.get(), F_SETFL, O_NONBLOCK) == 0, "a pipe to a command");
  }
};

// Cuts bytes into lines.
class LineCutter {
 public:
  explicit LineCutter(const LineSink& sink) : sink_(sink) {}

  void Add(std::string_view bytes) {
    rest_ += bytes;
    std::size_t begin = 0;
    for (std::size_t end = rest_.find('\n'); end != std::string::npos;
         end = rest_.find('\n', begin)) {
      Give(std::string_view(rest_).substr(begin, end - begin));
      begin = end + 1;
    }
    rest_.erase(0, begin);
    while (rest_.size() > kLongestLine) {
      Give(std::string_view(rest_).substr(0, kLongestLine));
      rest_.erase(0, kLongestLine);
    }
  }
  void End() {
    if (!rest_.empty()) {
      Give(std::exchange(rest_, ""));
    }
  }

 private:
  void Give(std::string_view line) const {
    sink_(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
  }

  const LineSink& sink_;
  std::string rest_;
};

// Reads what is there. False at the end.
bool Drain(const Descriptor& descriptor, LineCutter& cutter) {
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t count = read(descriptor.get(), buffer.data(), buffer.size());
    if (count > 0) {
      cutter.Add({buffer.data(), static_cast<std::size_t>(count)});
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      return false;
    } else if (errno == EAGAIN) {
      return true;
    }
  }
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  std::ranges::transform(texts, std::back_inserter(pointers),
                         [](std::string& text) { return text.data(); });
  pointers.push_back(nullptr);
  return pointers;
}

// This process's environment with `added` over it.
std::vector<std::string> EnvironmentWith(const std::map<std::string, std::string>& added) {
  std::vector<std::string> lines;
  for (char** line = environ; *line != nullptr; ++line) {
    const std::string text = *line;
    if (!added.contains(text.substr(0, text.find('=')))) {
      lines.push_back(text);
    }
  }
  for (const auto& [name, value] : added) {
    lines.push_back(name + "=" + value);
  }
  return lines;
}

struct Attributes {
  posix_spawnattr_t value{};
  Attributes() {
    posix_spawnattr_init(&value);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&value, &none);  // weir's threads block Ctrl-C
    posix_spawnattr_setsigdefault(&value, &all);
    posix_spawnattr_setpgroup(&value, 0);
    posix_spawnattr_setflags(
        &value, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { posix_spawnattr_destroy(&value); }
};

struct FileActions {
  posix_spawn_file_actions_t value{};
  FileActions() { posix_spawn_file_actions_init(&value); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&value); }
};

// A file in memory, so that nobody waits for a program that doesn't read its input.
Descriptor InputOf(const std::string& text) {
  Descriptor file(memfd_create("weir input", MFD_CLOEXEC));
  Check(file.get() >= 0, "memfd_create");
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = write(file.get(), text.data() + written, text.size() - written);
    Check(count > 0 || errno == EINTR, "the input of a command");
    written += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  Check(lseek(file.get(), 0, SEEK_SET) == 0, "the input of a command");
  return file;
}

pid_t Spawn(const ChildCommand& command, const Pipe& out, const Pipe& error) {
  const Descriptor input = InputOf(command.input);
  FileActions actions;
  posix_spawn_file_actions_adddup2(&actions.value, input.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions.value, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions.value, error.write.get(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions.value, STDERR_FILENO + 1);
  posix_spawn_file_actions_addchdir_np(&actions.value, command.folder.c_str());
  const Attributes attributes;
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> environment = EnvironmentWith(command.environment);
  pid_t pid = 0;
  const int failure = posix_spawnp(&pid, argv.front().c_str(), &actions.value, &attributes.value,
                                   Pointers(argv).data(), Pointers(environment).data());
  if (failure == ENOENT || failure == EACCES || failure == ENOEXEC || failure == ENOTDIR) {
    throw UserError("the command can't be run: {}", SystemMessage(argv.front(), failure));
  }
  if (failure != 0) {
    throw ExternalError("{}", SystemMessage(argv.front(), failure));
  }
  return pid;
}

// A running program. Its group is killed, and the program waited for, when this goes.
class Child {
 public:
  explicit Child(pid_t pid)
      : pid_(pid), ended_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0U))) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (!reaped_) {
      Kill();
      Wait();
    }
  }

  // Readable once the program has ended.
  const Descriptor& ended() const { return ended_; }
  // The program's id is its group's, and stays taken until it has been waited for.
  void Kill() const { kill(-pid_, SIGKILL); }
  ChildEnd Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return WIFSIGNALED(status) ? ChildEnd{.exit_code = 0, .signal = WTERMSIG(status)}
                               : ChildEnd{.exit_code = WEXITSTATUS(status), .signal = 0};
  }

 private:
  pid_t pid_;
  Descriptor ended_;
  bool reaped_ = false;
};

}  // namespace

ChildEnd RunChild(const ChildCommand& command, const LineSink& sink, const std::stop_token& stop) {
  const Descriptor stopped(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  Check(stopped.get() >= 0, "eventfd");
  const std::stop_callback wake(stop, [&] { eventfd_write(stopped.get(), 1); });
  Pipe out;
  Pipe error;
  Child child(Spawn(command, out, error));
  Check(child.ended().get() >= 0, "pidfd_open");
  out.write.Close();
  error.write.Close();

  LineCutter out_lines(sink);
  LineCutter error_lines(sink);
  std::array<pollfd, 4> polled{{{out.read.get(), POLLIN, 0},
                                {error.read.get(), POLLIN, 0},
                                {child.ended().get(), POLLIN, 0},
                                {stopped.get(), POLLIN, 0}}};
  while (polled[2].revents == 0) {
    if (poll(polled.data(), polled.size(), -1) < 0) {
      Check(errno == EINTR, "poll");
      continue;
    }
    if (stop.stop_requested()) {
      throw CancelledError();
    }
    if (polled[0].revents != 0 && !Drain(out.read, out_lines)) {
      polled[0].fd = -1;
    }
    if (polled[1].revents != 0 && !Drain(error.read, error_lines)) {
      polled[1].fd = -1;
    }
  }
  child.Kill();
  Drain(out.read, out_lines);
  Drain(error.read, error_lines);
  out_lines.End();
  error_lines.End();
  return child.Wait();
}

}  // namespace weir::jobs
