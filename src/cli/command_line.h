#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace weir::cli {

// What a command line asks for.
struct ParsedLine {
  std::vector<const Command*> path;  // from the program itself to the command that was named
  Arguments arguments;
  bool wants_help = false;
};

// Reads the words after the program's name. Throws UsageError, which names the nearest command or
// flag, for what can't be. With `--help` nothing else is checked.
ParsedLine ParseCommandLine(const Command& program, const std::vector<std::string>& words);

// "weir table import": how users call the command at the end of `path`.
std::string CalledName(const std::vector<const Command*>& path);

}  // namespace weir::cli
