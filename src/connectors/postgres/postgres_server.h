#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "base/test_folder.h"

// For tests alone.
namespace weir::connectors {

// A PostgreSQL server of its own in a temporary folder, on a Unix socket there: no port. It refuses
// to run as root, so root runs it as the user `postgres`.
class PostgresServer {
 public:
  // Nothing if there is no PostgreSQL on this machine.
  static std::optional<std::filesystem::path> Programs() {
    const std::filesystem::path root = "/usr/lib/postgresql";
    if (std::filesystem::exists(root)) {
      for (const auto& version : std::filesystem::directory_iterator(root)) {
        if (std::filesystem::exists(version.path() / "bin" / "initdb")) {
          return version.path() / "bin";
        }
      }
    }
    return std::nullopt;
  }

  explicit PostgresServer(const std::filesystem::path& programs) : programs_(programs) {
    Shell("chmod 755 " + folder_.text());
    if (geteuid() == 0) {
      Shell("chown postgres " + folder_.text());
    }
    ok_ = Run(fmt::format("{}/initdb -D {}/data -U owner --auth-local=scram-sha-256 "
                          "--pwfile=<(echo {}) --no-sync -E UTF8 --locale=C",
                          programs_.string(), folder_.text(), kPassword)) &&
          Run(fmt::format("{}/pg_ctl -D {}/data -w -l {}/log -o \"-k {} -c listen_addresses='' -c "
                          "fsync=off\" start",
                          programs_.string(), folder_.text(), folder_.text(), folder_.text()));
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer() {
    Run(fmt::format("{}/pg_ctl -D {}/data -m immediate stop", programs_.string(), folder_.text()));
  }

  bool ok() const { return ok_; }
  std::map<std::string, std::string> Settings() const {
    return {{"host", folder_.text()},
            {"database", "postgres"},
            {"user", "owner"},
            {"password", kPassword}};
  }

  static constexpr auto kPassword = "planted-s3cret";

 private:
  static bool Shell(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
  }
  bool Run(const std::string& command) const {
    const std::string script = folder_.text() + "/command.sh";
    std::ofstream(script) << "cd " << folder_.text() << "\n" << command << "\n";
    Shell("chmod 755 " + script);
    return Shell((geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --init-groups bash "
                                 : "bash ") +
                 script);
  }

  std::filesystem::path programs_;
  TestFolder folder_;
  bool ok_ = false;
};

}  // namespace weir::connectors
