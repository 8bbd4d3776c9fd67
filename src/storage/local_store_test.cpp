#include "storage/local_store.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error_of.h"
#include "base/test_folder.h"

namespace weir::storage {
namespace {

// Runs `work` in a child process and returns what it exited with; -1 if it was killed.
int InChild(const std::function<int()>& work) {
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(work());
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::vector<std::string> Keys(const std::vector<ObjectInfo>& objects) {
  std::vector<std::string> keys;
  std::ranges::transform(objects, std::back_inserter(keys), &ObjectInfo::key);
  return keys;
}

TEST(LocalStore, TakesAFolderForNoObject) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.MakeFolder("a/b");

  EXPECT_EQ(store.Head("a"), std::nullopt);
  EXPECT_TRUE(store.List("", {}).empty());
}

TEST(List, LeavesOutLeftoversOfKilledWriters) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.Put("t/a", "x");
  std::ofstream(folder.path() / "t/.weir-tmp-0123") << "half";

  EXPECT_EQ(Keys(store.List("", {})), std::vector<std::string>{"t/a"});
  EXPECT_EQ(Keys(store.ListLeftovers("t/")), std::vector<std::string>{"t/.weir-tmp-0123"});
}

TEST(ListFolders, NamesFoldersPastLinksThatLeadNowhere) {
  const TestFolder folder;
  LocalStore store(folder.path());
  for (const char* name : {"t/a", "t/b c", "t/é"}) {
    store.MakeFolder(name);
  }
  store.Put("t/file", "");
  for (int i = 0; i < 10; ++i) {
    std::filesystem::create_symlink("nowhere", folder.path() / "t" / std::to_string(i));
  }

  EXPECT_EQ(store.ListFolders("t/"), (std::vector<std::string>{"a", "b c", "é"}));
  EXPECT_TRUE(store.ListFolders("none/").empty());
}

TEST(MakeDurable, NamesAnObjectThatIsNotThere) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.Put("p=1/a", "");

  EXPECT_NO_THROW(store.MakeDurable(std::vector<std::string>{"p=1/a"}));
  const std::string error =
      ErrorOf<ExternalError>([&] { store.MakeDurable(std::vector<std::string>{"p=1/none"}); });
  EXPECT_NE(error.find("p=1/none"), std::string::npos) << error;
}

// In a child without root's rights, where permissions count: how its attempt to write failed.
std::string ErrorWithoutRights(const std::function<void()>& work) {
  int channel[2];
  EXPECT_EQ(pipe(channel), 0);
  InChild([&] {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && seteuid(kNobody) != 0) {
      return 1;
    }
    const std::string error = ErrorOf<ExternalError>(work);
    return write(channel[1], error.data(), error.size()) < 0 ? 1 : 0;
  });
  close(channel[1]);
  std::string error(4096, '\0');
  error.resize(
      static_cast<std::size_t>(std::max<ssize_t>(0, read(channel[0], error.data(), 4096))));
  close(channel[0]);
  return error;
}

TEST(LocalStore, NamesTheObjectThatAReadOnlyFolderRefuses) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.Put("t/old", "x");
  chmod(folder.path().c_str(), 0555);
  chmod((folder.path() / "t").c_str(), 0555);

  const std::string put = ErrorWithoutRights([&] { store.Put("t/new", "x"); });
  const std::string absent = ErrorWithoutRights([&] { store.PutIfAbsent("t/new", "x"); });
  const std::string below = ErrorWithoutRights([&] { store.Put("t/s/new", "x"); });
  const std::string gone = ErrorWithoutRights([&] { store.Delete("t/old"); });
  const std::string lock = ErrorWithoutRights([&] { store.Lock("t/.lock"); });

  const std::string root = store.root();
  EXPECT_EQ(put, "can't create " + root + "/t/new: Permission denied");
  EXPECT_EQ(absent, put);
  EXPECT_EQ(below, "can't make folder " + root + "/t/s: Permission denied");
  EXPECT_EQ(gone, "can't delete " + root + "/t/old: Permission denied");
  EXPECT_EQ(lock, "can't open " + root + "/t/.lock: Permission denied");
}

TEST(LocalStore, NamesTheFolderThatMayNotBeRead) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.Put("t/s/old", "x");
  chmod(folder.path().c_str(), 0755);
  chmod((folder.path() / "t").c_str(), 0);

  const std::string root = store.root();
  EXPECT_EQ(ErrorWithoutRights([&] { store.Get("t/s/old"); }),
            "can't open " + root + "/t/s/old: Permission denied");
  EXPECT_EQ(ErrorWithoutRights([&] { store.List("t/", {}); }),
            "can't list " + root + "/t/: Permission denied");
  EXPECT_EQ(ErrorWithoutRights([&] { store.ListFolders("t/"); }),
            "can't list " + root + "/t/: Permission denied");
  EXPECT_NE(ErrorWithoutRights([&] { store.Put("t/s/new", "x"); }).find(root + "/t/s"),
            std::string::npos);
  chmod((folder.path() / "t").c_str(), 0755);
}

TEST(LocalStore, RefusesAFileWhereAFolderMustBe) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.Put("file", "x");

  const std::string error = ErrorOf<ExternalError>([&] { store.Put("file/below", "x"); });
  EXPECT_NE(error.find(store.root() + "/file"), std::string::npos) << error;
}

TEST(OpenStore, KnowsLocalPaths) {
  const TestFolder folder;

  EXPECT_EQ(OpenStore(folder.text() + "/")->root(), folder.text());
  EXPECT_EQ(OpenStore("file://" + folder.text())->root(), folder.text());
  EXPECT_EQ(OpenStore("./x/../y")->root(), (std::filesystem::current_path() / "y").string());
  EXPECT_THROW(OpenStore(""), UserError);
  EXPECT_EQ(ErrorOf<UserError>([] { OpenStore("gopher://x"); }),
            "can't open gopher://x: unknown scheme 'gopher'; allowed: a local path, file:// or "
            "s3://bucket/prefix");
}

}  // namespace
}  // namespace weir::storage
