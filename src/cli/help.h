#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace weir::cli {

// What `--help` prints for the command at the end of `path`, at most 100 characters wide.
std::string HelpText(const std::vector<const Command*>& path);

}  // namespace weir::cli
