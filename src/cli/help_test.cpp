#include "cli/help.h"

#include <algorithm>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/text_table.h"

namespace weir::cli {
namespace {

// Calls `visit` with the path of each command, the program's own first.
template <typename Visit>
void ForEachCommand(std::vector<const Command*>& path, const Visit& visit) {
  visit(path);
  for (const Command& child : path.back()->subcommands) {
    path.push_back(&child);
    ForEachCommand(path, visit);
    path.pop_back();
  }
}

TEST(Help, OfEveryCommandIsCompleteAndFitsTheScreen) {
  const Command program = Program();
  std::vector<const Command*> path = {&program};

  ForEachCommand(path, [](const std::vector<const Command*>& command) {
    const std::string text = HelpText(command);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(DisplayWidth(line), 100) << CalledName(command) << ": " << line;
    }
    EXPECT_TRUE(command.back()->summary.ends_with('.')) << CalledName(command);
    EXPECT_NE(command.back()->run == nullptr, command.back()->subcommands.empty());
  });
}

TEST(Help, ExamplesCallCommandsThatExist) {
  const Command program = Program();
  std::vector<const Command*> path = {&program};

  ForEachCommand(path, [&](const std::vector<const Command*>& command) {
    EXPECT_TRUE(command.back()->name == "version" || !command.back()->examples.empty())
        << CalledName(command);
    EXPECT_EQ(command.size() > 1 && !command.back()->examples.empty() &&
                  command.back()->examples.find(CalledName(command)) == std::string::npos &&
                  command.back()->name != "doctor",
              false)
        << CalledName(command);
  });
}

TEST(Help, ShowsUsageArgumentsOptionsAndExamples) {
  const Command command = {.name = "copy",
                           .summary = "Copies a thing.",
                           .examples = "copy a\ncopy b",
                           .parameters = {{.name = "WHAT", .help = "a thing", .required = true},
                                          {.name = "--to", .value = "DIR", .help = "where to"}},
                           .run = [](const Arguments&, Services&) {}};

  const std::string text = HelpText({&command});

  EXPECT_TRUE(
      text.starts_with("Copies a thing.\n\nUsage: copy WHAT [options]\n\nArguments\n"
                       "  WHAT               a thing\n\nOptions\n  --to DIR           where to\n\n"
                       "Options of every command\n"))
      << text;
  EXPECT_TRUE(text.ends_with("\nExamples\n  copy a\n  copy b\n")) << text;
}

}  // namespace
}  // namespace weir::cli
