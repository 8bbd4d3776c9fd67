#include <algorithm>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/help.h"
#include "cli/services.h"

namespace weir::cli {
namespace {

// The command that the words name, or the one that stands for no command.
Command Chosen(const ParsedLine& line) {
  return line.path.size() == 1 && line.arguments.Has("--version") ? VersionCommand()
                                                                  : *line.path.back();
}

void RunLine(const ParsedLine& line, std::stop_token stop) {
  const Command command = Chosen(line);
  if (line.wants_help || (!command.run && line.path.size() == 1)) {
    std::cout << HelpText(line.path);
    return;
  }
  if (!command.run) {
    throw UsageError("'{}' needs a command:\n\n{}", CalledName(line.path), HelpText(line.path));
  }
  Services services(ReadCommonOptions(line.arguments), std::move(stop), std::cout);
  SetUpLog(services.options().log_level);
  command.run(line.arguments, services);
}

int Run(const std::vector<std::string>& words, std::stop_token stop) {
  const bool json = std::ranges::find(words, "--json") != words.end();
  const Command program = Program();
  try {
    RunLine(ParseCommandLine(program, words), std::move(stop));
    std::cout.flush();
    if (!std::cout) {
      throw ExternalError("the results can't be written to stdout");
    }
    return 0;
  } catch (const std::exception& problem) {
    std::cout.flush();
    const Failure failure = Judge(problem);
    std::cerr << ToText(failure, json);
    return failure.exit_code;
  }
}

}  // namespace
}  // namespace weir::cli

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const weir::InterruptHandler interrupts;
  return weir::cli::Run({argv + 1, argv + argc}, interrupts.token());
}
