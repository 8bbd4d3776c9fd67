#include "cli/command_line.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::cli {
namespace {

const Command& Example() {
  static const Command kProgram = {
      .name = "tool",
      .summary = "A tool.",
      .subcommands = {
          {.name = "copy",
           .summary = "Copies.",
           .parameters =
               {{.name = "TARGET", .help = "where to", .required = true},
                {.name = "--from", .value = "FILE", .help = "", .many = true},
                {.name = "--mode", .value = "MODE", .help = "", .choices = {"fast", "slow"}},
                {.name = "--dry-run", .help = ""}},
           .run = [](const Arguments&, Services&) {}},
          {.name = "group",
           .summary = "More.",
           .subcommands = {
               {.name = "list", .summary = "Lists.", .run = [](const Arguments&, Services&) {}}}}}};
  return kProgram;
}

std::string MessageOf(const std::vector<std::string>& words) {
  try {
    ParseCommandLine(Example(), words);
  } catch (const UsageError& problem) {
    return problem.what();
  }
  return "";
}

TEST(CommandLine, GivesTheNamedCommandAndItsArguments) {
  const ParsedLine line = ParseCommandLine(
      Example(), {"copy", "there", "--from", "a", "b", "--mode=slow", "--dry-run"});

  EXPECT_EQ(CalledName(line.path), "tool copy");
  EXPECT_EQ(line.arguments.Text("TARGET"), "there");
  EXPECT_EQ(line.arguments.Texts("--from"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(line.arguments.Text("--mode"), "slow");
  EXPECT_TRUE(line.arguments.Has("--dry-run"));
  EXPECT_FALSE(line.arguments.Has("--json"));
}

TEST(CommandLine, TakesCommonFlagsBeforeAndBehindTheCommand) {
  const ParsedLine line =
      ParseCommandLine(Example(), {"-C", "first", "--json", "group", "list", "-C", "last"});

  EXPECT_EQ(CalledName(line.path), "tool group list");
  EXPECT_EQ(line.arguments.Text("-C"), "last");
  EXPECT_TRUE(line.arguments.Has("--json"));
}

TEST(CommandLine, TakesTextThatLooksLikeACommandOrAComment) {
  EXPECT_EQ(ParseCommandLine(Example(), {"copy", "copy"}).arguments.Text("TARGET"), "copy");
  EXPECT_EQ(ParseCommandLine(Example(), {"copy", "-"}).arguments.Text("TARGET"), "-");
  EXPECT_EQ(ParseCommandLine(Example(), {"copy", "-- note\nx"}).arguments.Text("TARGET"),
            "-- note\nx");
}

TEST(CommandLine, NamesTheNearestCommand) {
  EXPECT_EQ(MessageOf({"cpoy"}), "unknown command 'tool cpoy'; did you mean 'copy'?");
  EXPECT_EQ(MessageOf({"group", "lost"}),
            "unknown command 'tool group lost'; did you mean 'list'?");
}

TEST(CommandLine, NamesTheNearestFlag) {
  EXPECT_EQ(MessageOf({"copy", "x", "--form", "a"}),
            "unknown flag '--form' of 'tool copy'; did you mean '--from'?");
  EXPECT_EQ(MessageOf({"group", "list", "--jsno"}),
            "unknown flag '--jsno' of 'tool group list'; did you mean '--json'?");
}

TEST(CommandLine, SaysWhatIsMissingTooMuchOrNotAllowed) {
  EXPECT_EQ(MessageOf({"copy"}), "'tool copy' needs TARGET: where to");
  EXPECT_EQ(MessageOf({"copy", "a", "b"}), "'tool copy' takes no further argument: 'b'");
  EXPECT_EQ(MessageOf({"copy", "a", "--mode", "slwo"}),
            "--mode 'slwo': allowed are fast, slow; did you mean 'slow'?");
  EXPECT_EQ(MessageOf({"copy", "a", "--mode"}), "--mode needs a value");
}

TEST(CommandLine, ChecksNothingWhereHelpIsAskedFor) {
  const ParsedLine line = ParseCommandLine(Example(), {"copy", "--mode", "none", "--help"});

  EXPECT_TRUE(line.wants_help);
  EXPECT_EQ(CalledName(line.path), "tool copy");
}

TEST(Arguments, SplitsNamesAtCommas) {
  Arguments arguments;
  arguments.Set("--keys", {"a, b", "c"});
  arguments.Set("--broken", {"a,,b"});

  EXPECT_EQ(arguments.Names("--keys"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_THROW(arguments.Names("--broken"), UsageError);
}

TEST(Arguments, ReadsWholeNumbers) {
  Arguments arguments;
  arguments.Set("--limit", {"12"});
  arguments.Set("--broken", {"12x"});

  EXPECT_EQ(arguments.Integer("--limit", 0), 12);
  EXPECT_EQ(arguments.Integer("--absent", 0), std::nullopt);
  EXPECT_THROW(arguments.Integer("--limit", 13), UsageError);
  EXPECT_THROW(arguments.Integer("--broken", 0), UsageError);
}

}  // namespace
}  // namespace weir::cli
