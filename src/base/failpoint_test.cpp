#include "base/failpoint.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test_folder.h"

namespace weir {
namespace {

#ifdef WEIR_FAILPOINTS

// Reaches "a", "b", "a", "b" … ten times in a child with this failpoint; how often it got past "b".
struct Outcome {
  int status = 0;
  int passed = 0;
};

Outcome RunChild(const char* failpoint, const std::string& log) {
  int passed[2];
  EXPECT_EQ(pipe(passed), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    setenv("WEIR_FAILPOINT", failpoint, 1);
    setenv("WEIR_FAILPOINT_LOG", log.c_str(), 1);
    for (int i = 0; i < 10; ++i) {
      Failpoint("a");
      Failpoint("b");
      [[maybe_unused]] const auto sent = write(passed[1], "x", 1);
    }
    _exit(0);
  }
  close(passed[1]);
  Outcome outcome;
  for (char byte = 0; read(passed[0], &byte, 1) == 1;) {
    ++outcome.passed;
  }
  close(passed[0]);
  waitpid(pid, &outcome.status, 0);
  return outcome;
}

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Failpoint, KillsWhereTheEnvironmentSaysAndLogsIt) {
  const TestFolder folder;
  const std::string log = folder.text() + "/hits";

  const Outcome first = RunChild("a", log);
  const Outcome third = RunChild("b:3", log);

  EXPECT_TRUE(WIFSIGNALED(first.status) && WTERMSIG(first.status) == SIGKILL);
  EXPECT_EQ(first.passed, 0);
  EXPECT_TRUE(WIFSIGNALED(third.status) && WTERMSIG(third.status) == SIGKILL);
  EXPECT_EQ(third.passed, 2);
  EXPECT_EQ(Contents(log), "a\nb\n");
}

TEST(Failpoint, DoesNothingElsewhere) {
  const TestFolder folder;
  const std::string log = folder.text() + "/hits";

  const Outcome other = RunChild("c", log);
  const Outcome too_late = RunChild("a:11", log);

  EXPECT_EQ(other.status, 0);
  EXPECT_EQ(too_late.passed, 10);
  EXPECT_EQ(Contents(log), "");
}

#endif

}  // namespace
}  // namespace weir
