#include "storage/local_store.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "base/test_seed.h"

namespace weir::storage {
namespace {

using Random = std::mt19937_64;

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

// The text of the error that `work` throws.
template <typename Error>
std::string ErrorOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::vector<std::string> Keys(const std::vector<ObjectInfo>& objects) {
  std::vector<std::string> keys;
  std::ranges::transform(objects, std::back_inserter(keys), &ObjectInfo::key);
  return keys;
}

TEST(LocalStore, GivesBackWhatWasPut) {
  const TestFolder folder;
  LocalStore store(folder.path() / "made/by/the/store");

  for (const char* key : {"a", "b/c/d", "p=a%20b/x y.parquet", "é/ü=%2F.json", "with'quote\"s"}) {
    store.Put(key, "first");
    store.Put(key, std::string_view("se\0cond", 7));
    EXPECT_EQ(store.Get(key), std::string("se\0cond", 7)) << key;
    EXPECT_EQ(store.Head(key).value().size, 7U) << key;
    EXPECT_EQ(store.Head(key).value().key, key);
  }
}

TEST(LocalStore, HasNothingUnderAKeyThatNobodyPut) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.Put("file", "");

  for (const char* key : {"none", "no/folder", "file/below"}) {
    EXPECT_EQ(store.Get(key), std::nullopt) << key;
    EXPECT_EQ(store.Head(key), std::nullopt) << key;
    EXPECT_NO_THROW(store.Delete(key)) << key;
  }
  EXPECT_EQ(store.Get("file"), "");
}

TEST(LocalStore, TakesAFolderForNoObject) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.MakeFolder("a/b");

  EXPECT_EQ(store.Head("a"), std::nullopt);
  EXPECT_TRUE(store.List("", {}).empty());
}

TEST(LocalStore, ReadsRangesAndFewerBytesAtTheEnd) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.Put("digits", "0123456789");

  EXPECT_EQ(store.GetRange("digits", 2, 3), "234");
  EXPECT_EQ(store.GetRange("digits", 8, 100), "89");
  EXPECT_EQ(store.GetRange("digits", 8, ~0ULL), "89");
  EXPECT_EQ(store.GetRange("digits", 100, 1), "");
  EXPECT_THROW(store.GetRange("none", 0, 1), ExternalError);
}

TEST(LocalStore, DeletesOnce) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.Put("a/b", "x");

  store.Delete("a/b");
  store.Delete("a/b");

  EXPECT_EQ(store.Get("a/b"), std::nullopt);
}

TEST(PutIfAbsent, LeavesTheFirstBytes) {
  const TestFolder folder;
  LocalStore store(folder.path());

  EXPECT_TRUE(store.PutIfAbsent("log/1", "first"));
  EXPECT_FALSE(store.PutIfAbsent("log/1", "second"));
  EXPECT_EQ(store.Get("log/1"), "first");
  EXPECT_TRUE(store.ListLeftovers("").empty());
}

TEST(PutIfAbsent, HasOneWinnerAmongThreads) {
  const TestFolder folder;
  LocalStore store(folder.path());
  constexpr int kThreads = 8;
  constexpr int kKeys = 50;
  std::vector<std::vector<int>> won(kThreads, std::vector<int>(kKeys, 0));
  {
    std::vector<std::jthread> threads;
    for (std::size_t me = 0; me < kThreads; ++me) {
      threads.emplace_back([&, me] {
        for (std::size_t key = 0; key < kKeys; ++key) {
          won[me][key] = store.PutIfAbsent(std::to_string(key), std::to_string(me)) ? 1 : 0;
        }
      });
    }
  }

  for (std::size_t key = 0; key < kKeys; ++key) {
    const auto winners =
        std::ranges::count_if(won, [&](const auto& mine) { return mine[key] == 1; });
    const auto named = static_cast<std::size_t>(std::stoi(store.Get(std::to_string(key)).value()));
    ASSERT_EQ(winners, 1) << key;
    ASSERT_EQ(won[named][key], 1) << key;
  }
}

TEST(PutIfAbsent, HasOneWinnerAmongProcesses) {
  const TestFolder folder;
  constexpr int kProcesses = 8;
  constexpr int kKeys = 50;
  std::vector<pid_t> children;
  for (int me = 0; me < kProcesses; ++me) {
    children.push_back(fork());
    if (children.back() == 0) {
      LocalStore store(folder.path() / "store");
      int won = 0;
      for (int key = 0; key < kKeys; ++key) {
        won += store.PutIfAbsent(std::to_string(key), std::to_string(me)) ? 1 : 0;
      }
      _exit(won);
    }
  }
  std::map<std::string, int> claimed;
  for (int me = 0; me < kProcesses; ++me) {
    int status = 0;
    waitpid(children[static_cast<std::size_t>(me)], &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    claimed[std::to_string(me)] = WEXITSTATUS(status);
  }

  const LocalStore store(folder.path() / "store");
  std::map<std::string, int> found;
  for (int key = 0; key < kKeys; ++key) {
    ++found[store.Get(std::to_string(key)).value()];
  }
  std::erase_if(claimed, [](const auto& entry) { return entry.second == 0; });
  EXPECT_EQ(found, claimed);
}

TEST(List, OrdersKeysBytewiseAcrossFolders) {
  const TestFolder folder;
  LocalStore store(folder.path());
  for (const char* key : {"a/b", "a.c", "a/a/z", "a0", "B", "é"}) {
    store.Put(key, "");
  }

  EXPECT_EQ(Keys(store.List("", {})),
            (std::vector<std::string>{"B", "a.c", "a/a/z", "a/b", "a0", "é"}));
  EXPECT_EQ(Keys(store.List("a/", {})), (std::vector<std::string>{"a/a/z", "a/b"}));
  EXPECT_EQ(Keys(store.List("a/", {.start_after = {}, .recursive = false})),
            (std::vector<std::string>{"a/b"}));
  EXPECT_EQ(Keys(store.List("a", {.start_after = "a/a/z", .recursive = true})),
            (std::vector<std::string>{"a/b", "a0"}));
  EXPECT_TRUE(store.List("none/", {}).empty());
}

std::string RandomKey(Random& random) {
  static const std::vector<std::string> kParts = {"a",  "b", "a b", "%41", "é",
                                                  "a.", "-", "_x",  "B"};
  std::string key;
  for (std::size_t depth = random() % 3 + 1; depth > 0; --depth) {
    key += kParts[random() % kParts.size()] + (depth > 1 ? "/" : "");
  }
  return key;
}

// What List promises, said slowly.
std::vector<std::string> Selected(const std::vector<std::string>& keys, const std::string& prefix,
                                  const ListOptions& options) {
  const auto slash = prefix.rfind('/');
  const std::size_t folder_length = slash == std::string::npos ? 0 : slash + 1;
  std::vector<std::string> selected;
  for (const std::string& key : keys) {
    const bool is_direct = key.find('/', folder_length) == std::string::npos;
    if (key.starts_with(prefix) && key > options.start_after && (options.recursive || is_direct)) {
      selected.push_back(key);
    }
  }
  std::ranges::sort(selected, [](const std::string& left, const std::string& right) {
    return std::ranges::lexicographical_compare(
        left, right, {}, [](char c) { return static_cast<unsigned char>(c); },
        [](char c) { return static_cast<unsigned char>(c); });
  });
  return selected;
}

TEST(List, EqualsASlowReferenceForRandomKeys) {
  Random random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const TestFolder folder;
    LocalStore store(folder.path());
    std::vector<std::string> keys;
    for (int i = 0; i < 30; ++i) {
      const std::string key = RandomKey(random) + ".o";  // so that no object is another's folder
      if (store.PutIfAbsent(key, "")) {
        keys.push_back(key);
      }
    }
    for (int i = 0; i < 30; ++i) {
      const std::string prefix = RandomKey(random).substr(0, random() % 4);
      const ListOptions options{.start_after = random() % 2 == 0 ? RandomKey(random) : "",
                                .recursive = random() % 2 == 0};
      ASSERT_EQ(Keys(store.List(prefix, options)), Selected(keys, prefix, options))
          << "prefix '" << prefix << "' after '" << options.start_after << "' "
          << options.recursive;
    }
  }
}

TEST(List, TellsSizeAndTimeAsHeadDoes) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.Put("a", "four");

  const auto listing = store.List("", {});

  ASSERT_EQ(listing.size(), 1U);
  EXPECT_EQ(listing[0], store.Head("a"));
  EXPECT_EQ(listing[0].size, 4U);
  EXPECT_NEAR(static_cast<double>(listing[0].modified), static_cast<double>(Now()), 60e6);
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

TEST(Lock, HasOneHolderAmongThreads) {
  const TestFolder folder;
  LocalStore store(folder.path());
  int unguarded = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 100; ++j) {
          const auto lock = store.Lock("t/.lock");
          ++unguarded;
        }
      });
    }
  }
  EXPECT_EQ(unguarded, 800);
}

TEST(Lock, HasOneHolderAmongProcesses) {
  const TestFolder folder;
  LocalStore store(folder.path());
  store.Put("count", "0");
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(fork());
    if (children.back() == 0) {
      LocalStore own(folder.path());
      for (int j = 0; j < 25; ++j) {
        const auto lock = own.Lock("t/.lock");
        own.Put("count", std::to_string(std::stoi(own.Get("count").value()) + 1));
      }
      _exit(0);
    }
  }
  for (const pid_t child : children) {
    waitpid(child, nullptr, 0);
  }
  EXPECT_EQ(store.Get("count"), "100");
}

TEST(Lock, IsFreeOnceItsHolderIsKilled) {
  const TestFolder folder;
  LocalStore store(folder.path());
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    const auto lock = LocalStore(folder.path()).Lock(".lock");
    [[maybe_unused]] const auto sent = write(ready[1], "x", 1);
    pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);

  EXPECT_NE(store.Lock(".lock"), nullptr);
  EXPECT_EQ(store.Head(".lock").value().size, 0U);
  close(ready[0]);
  close(ready[1]);
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

TEST(OpenStore, KnowsLocalPathsOnly) {
  const TestFolder folder;

  EXPECT_EQ(OpenStore(folder.text() + "/")->root(), folder.text());
  EXPECT_EQ(OpenStore("file://" + folder.text())->root(), folder.text());
  EXPECT_EQ(OpenStore("./x/../y")->root(), (std::filesystem::current_path() / "y").string());
  EXPECT_THROW(OpenStore(""), UserError);
  EXPECT_EQ(ErrorOf<UserError>([] { OpenStore("gopher://x"); }),
            "can't open gopher://x: unknown scheme 'gopher'; allowed: a local path or file://");
}

}  // namespace
}  // namespace weir::storage
