#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jobs {

struct ChildCommand {
  std::vector<std::string> argv;  // the program first: a path from `folder`, or found by PATH
  std::map<std::string, std::string> environment;  // added to this process's
  std::filesystem::path folder;                    // where it runs
  std::string input{};                             // what it reads on stdin
};

struct ChildEnd {
  int exit_code = 0;
  int signal = 0;  // that killed it, or 0
};

// Gets what the program writes to stdout and stderr, line by line, without line breaks.
using LineSink = std::function<void(std::string_view line)>;

// Runs a program to its end, in a process group of its own. The group is killed when
// a stop is asked for (CancelledError), and what it left running when the program has ended. Throws
// UserError for a program that can't be run.
ChildEnd RunChild(const ChildCommand& command, const LineSink& sink, const std::stop_token& stop);

}  // namespace weir::jobs
