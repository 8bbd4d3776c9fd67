#pragma once

#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "base/run_id.h"
#include "base/test_folder.h"
#include "storage/s3/s3_store.h"

// For tests alone.
namespace weir::storage {

// A server that speaks S3 (versitygw) over a temporary folder, on a free port of 127.0.0.1. Ends
// with the process that started it.
class S3Server {
 public:
  static constexpr auto kAccessKey = "weir-access";
  static constexpr auto kSecretKey = "weir-planted-secret";

  // Nothing if scripts/setup.sh hasn't put it in place.
  static std::optional<std::filesystem::path> Program() {
    for (std::filesystem::path folder = ProgramFolder(); folder.has_relative_path();
         folder = folder.parent_path()) {
      auto program = folder / ".deps" / "versitygw" / "versitygw";
      if (std::filesystem::exists(program)) {
        return program;
      }
    }
    return std::nullopt;
  }

  // The one of this test program, started when first asked for; null if there is no program.
  static S3Server* Shared() {
    static const auto kProgram = Program();
    static std::optional<S3Server> server;
    if (kProgram && !server) {
      server.emplace(*kProgram);
    }
    return server ? &*server : nullptr;
  }

  explicit S3Server(const std::filesystem::path& program) {
    std::filesystem::create_directory(folder_.path() / "root");
    std::filesystem::create_directory(folder_.path() / "sidecar");
    pid_ = fork();
    if (pid_ == 0) {
      Become(program);
    }
    while (port_ == 0 && waitpid(pid_, nullptr, WNOHANG) == 0) {
      port_ = ListeningPort();
      std::this_thread::sleep_for(
          std::chrono::milliseconds(5));  // it says nothing when it is ready
    }
  }
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;
  ~S3Server() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  std::string endpoint() const { return fmt::format("http://127.0.0.1:{}", port_); }

  // Where the server keeps objects, as files whose times are the objects'.
  std::filesystem::path root() const { return folder_.path() / "root"; }

  S3Settings Settings() const {
    S3Settings settings;
    settings.endpoint = endpoint();
    settings.path_style = true;
    settings.keys =
        GivenKeys([] { return S3Keys{.access_key = kAccessKey, .secret_key = kSecretKey}; });
    return settings;
  }

  // Makes a bucket of its own and returns "s3://<bucket>".
  std::string NewBucket() const {
    const std::string bucket = "test-" + NewUuid();
    const S3Client client(bucket, Settings());
    client.Send({.method = "PUT"});
    return "s3://" + bucket;
  }

  // Lets this process find the server as users do. For one thread alone.
  void PutIntoEnvironment() const {
    setenv("AWS_ENDPOINT_URL", endpoint().c_str(), 1);
    setenv("AWS_ACCESS_KEY_ID", kAccessKey, 1);
    setenv("AWS_SECRET_ACCESS_KEY", kSecretKey, 1);
    setenv("AWS_REGION", "us-east-1", 1);
  }

 private:
  [[noreturn]] void Become(const std::filesystem::path& program) const {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("ROOT_ACCESS_KEY", kAccessKey, 1);
    setenv("ROOT_SECRET_KEY", kSecretKey, 1);
    const int log = open((folder_.path() / "log").c_str(), O_WRONLY | O_CREAT, 0644);
    if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) {
      _exit(127);
    }
    const std::string root = (folder_.path() / "root").string();
    const std::string sidecar = (folder_.path() / "sidecar").string();
    execl(program.c_str(), "versitygw", "--port", "127.0.0.1:0", "--keep-alive", "--quiet", "posix",
          "--sidecar", sidecar.c_str(), root.c_str(), nullptr);
    _exit(127);
  }

  // The port that the server got, from what the kernel tells of its sockets; 0: none yet.
  std::uint16_t ListeningPort() const {
    std::set<std::string> inodes;
    std::error_code gone;
    for (const auto& entry :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid_), gone)) {
      const std::string link = std::filesystem::read_symlink(entry.path(), gone).string();
      if (link.starts_with("socket:[")) {
        inodes.insert(link.substr(8, link.size() - 9));
      }
    }
    std::ifstream table(fmt::format("/proc/{}/net/tcp", pid_));
    for (std::string line; std::getline(table, line);) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
      fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
          timeout >> inode;
      if (state == "0A" && inodes.contains(inode)) {  // listening
        const std::string digits = local.substr(local.find(':') + 1);
        std::uint16_t port = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), port, 16);
        return port;
      }
    }
    return 0;
  }

  TestFolder folder_;
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace weir::storage
