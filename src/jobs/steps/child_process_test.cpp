#include "jobs/steps/child_process.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/test_folder.h"

namespace weir::jobs {
namespace {

using Lines = std::vector<std::string>;

class ChildProcessTest : public testing::Test {
 protected:
  ChildEnd Run(const std::string& script, const std::map<std::string, std::string>& more = {}) {
    return RunChild(
        {.argv = {"bash", "-c", script}, .environment = more, .folder = folder_.path()},
        [&](std::string_view line) { lines_.emplace_back(line); }, stop_.get_token());
  }

  TestFolder folder_;
  std::stop_source stop_;
  Lines lines_;
};

TEST_F(ChildProcessTest, GivesLinesAndTheExitCode) {
  const ChildEnd end = Run("echo a; printf 'b\\r\\n\\nlast'; exit 3");

  EXPECT_EQ(end.exit_code, 3);
  EXPECT_EQ(lines_, (Lines{"a", "b", "", "last"}));
}

TEST_F(ChildProcessTest, GetsItsInputHoweverMuchItIs) {
  const std::string input = std::string(3'000'000, 'x') + "\n";
  const ChildCommand counting{
      .argv = {"wc", "-c"}, .environment = {}, .folder = folder_.path(), .input = input};
  const ChildCommand deaf{.argv = {"true"}, .environment = {}, .folder = "/", .input = input};

  RunChild(counting, [&](std::string_view line) { lines_.emplace_back(line); }, {});

  EXPECT_EQ(lines_, Lines{"3000001"});
  EXPECT_EQ(RunChild(deaf, [](std::string_view) {}, {}).exit_code, 0);
}

TEST_F(ChildProcessTest, ReadsBothStreamsHoweverMuchTheyAre) {
  Run("for i in $(seq 20000); do echo out $i; echo error $i >&2; done");

  EXPECT_EQ(lines_.size(), 40000U);
}

TEST_F(ChildProcessTest, HasItsFolderItsEnvironmentAndNoInput) {
  Run("pwd -P; echo \"$WEIR_X\"; cat; echo end", {{"WEIR_X", "a b"}});

  EXPECT_EQ(lines_, (Lines{std::filesystem::canonical(folder_.path()).string(), "a b", "end"}));
}

TEST_F(ChildProcessTest, SaysWhichSignalKilledIt) { EXPECT_EQ(Run("kill -9 $$").signal, SIGKILL); }

TEST_F(ChildProcessTest, AProgramThatIsNotThereIsAUserError) {
  EXPECT_THROW(RunChild({.argv = {"./none"}, .environment = {}, .folder = folder_.path()},
                        [](std::string_view) {}, {}),
               UserError);
}

TEST_F(ChildProcessTest, AProgramOfTheFolderIsFoundByItsPath) {
  std::ofstream(folder_.path() / "own.sh") << "#!/bin/bash\necho own\n";
  std::filesystem::permissions(folder_.path() / "own.sh", std::filesystem::perms::all);

  RunChild({.argv = {"./own.sh"}, .environment = {}, .folder = folder_.path()},
           [&](std::string_view line) { lines_.emplace_back(line); }, {});

  EXPECT_EQ(lines_, Lines{"own"});
}

// The program starts another one and waits: both hold a pipe whose end tells when they are gone.
TEST_F(ChildProcessTest, AStopKillsTheWholeGroupAtOnce) {
  const std::string fifo = folder_.text() + "/alive";
  ASSERT_EQ(std::system(("mkfifo " + fifo).c_str()), 0);
  std::chrono::steady_clock::time_point asked;
  const auto run = [&] {
    RunChild(
        {.argv = {"bash", "-c", "exec 5>alive; (sleep 1000) & echo ready; wait"},
         .environment = {},
         .folder = folder_.path()},
        [&](std::string_view) {
          asked = std::chrono::steady_clock::now();
          stop_.request_stop();
        },
        stop_.get_token());
  };
  std::string rest;
  std::jthread reader([&] {
    std::ifstream alive(fifo);
    std::getline(alive, rest);
  });

  EXPECT_THROW(run(), CancelledError);

  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(100));
  reader.join();  // ends only when no process of the group has the pipe any more
}

TEST_F(ChildProcessTest, WhatItLeavesRunningIsKilled) {
  const std::string fifo = folder_.text() + "/alive";
  ASSERT_EQ(std::system(("mkfifo " + fifo).c_str()), 0);
  std::string rest;
  std::jthread reader([&] {
    std::ifstream alive(fifo);
    std::getline(alive, rest);
  });

  EXPECT_EQ(Run("exec 5>alive; (sleep 1000) & echo done").exit_code, 0);

  EXPECT_EQ(lines_, Lines{"done"});
  reader.join();
}

}  // namespace
}  // namespace weir::jobs
