#include "base/process.h"

#include <csignal>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir {
namespace {

// A child that waits to be killed, under a name that is hard to read in /proc.
class Child {
 public:
  Child() : pid_(fork()) {
    if (pid_ == 0) {
      prctl(PR_SET_NAME, ") Z 1 (\n");
      pause();
      _exit(0);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(LivenessOf, KnowsThisProcess) {
  const ProcessIdentity self = CurrentProcess();

  EXPECT_EQ(self.pid, getpid());
  EXPECT_FALSE(self.host.empty());
  EXPECT_FALSE(self.boot.empty());
  EXPECT_EQ(LivenessOf(self), Liveness::kAlive);
}

TEST(LivenessOf, TakesAReusedPidForDead) {
  ProcessIdentity other = CurrentProcess();
  ++other.start;
  EXPECT_EQ(LivenessOf(other), Liveness::kDead);
}

TEST(LivenessOf, TakesAProcessFromBeforeTheRestartForDead) {
  ProcessIdentity other = CurrentProcess();
  other.boot = "00000000-0000-0000-0000-000000000000";
  EXPECT_EQ(LivenessOf(other), Liveness::kDead);
}

TEST(LivenessOf, KnowsNothingOfOtherHosts) {
  ProcessIdentity other = CurrentProcess();
  other.host += "-elsewhere";
  EXPECT_EQ(LivenessOf(other), Liveness::kUnknown);
}

TEST(LivenessOf, TakesAKilledProcessForDeadBeforeItsParentAsks) {
  ProcessIdentity identity;
  {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
      const ProcessIdentity self = CurrentProcess();
      [[maybe_unused]] const auto sent = write(ready[1], &self.start, sizeof(self.start));
      pause();
      _exit(0);
    }
    identity = CurrentProcess();
    identity.pid = pid;
    ASSERT_EQ(read(ready[0], &identity.start, sizeof(identity.start)),
              static_cast<ssize_t>(sizeof(identity.start)));
    EXPECT_EQ(LivenessOf(identity), Liveness::kAlive);
    kill(pid, SIGKILL);
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
    EXPECT_EQ(LivenessOf(identity), Liveness::kDead);
    waitpid(pid, nullptr, 0);
    close(ready[0]);
    close(ready[1]);
  }
  EXPECT_EQ(LivenessOf(identity), Liveness::kDead);
}

TEST(LivenessOf, ReadsProcessesWithStrangeNames) {
  const Child child;
  ProcessIdentity identity = CurrentProcess();
  identity.pid = child.pid();
  identity.start = 0;
  EXPECT_EQ(LivenessOf(identity), Liveness::kDead);  // another start, not a failure to read
}

TEST(MemoryLimitBytes, IsMoreThanThisProcessHas) {
  EXPECT_GT(PeakResidentBytes(), 1U << 20);
  EXPECT_GT(MemoryLimitBytes(), PeakResidentBytes());
}

TEST(ProgramFolder, HoldsThisTest) {
  EXPECT_TRUE(std::filesystem::exists(ProgramFolder() / "base_test"));
}

TEST(AvailableProcessors, IsAtLeastOne) { EXPECT_GE(AvailableProcessors(), 1); }

}  // namespace
}  // namespace weir
