// What every kind of store promises, each on a fresh root.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "base/test_seed.h"
#include "storage/conditional_put.h"
#include "storage/local_store.h"
#include "storage/s3/s3_server.h"

namespace weir::storage {
namespace {

using Random = std::mt19937_64;

enum class StoreKind : std::uint8_t { kLocal, kS3 };

class EveryStore : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    if (GetParam() == StoreKind::kS3 && S3Server::Shared() == nullptr) {
      GTEST_SKIP() << "skipped: versitygw is not in .deps; scripts/setup.sh puts it there";
    }
    store_ = NewRoot();
  }

  // A store with an empty root.
  std::unique_ptr<ObjectStore> NewRoot() {
    root_ = "root" + std::to_string(++num_roots_);
    if (GetParam() == StoreKind::kS3) {
      bucket_ = bucket_.empty() ? S3Server::Shared()->NewBucket() : bucket_;
    }
    return Open();
  }

  // The same root by objects of its own, as another process has it.
  std::unique_ptr<ObjectStore> Open() const {
    if (GetParam() == StoreKind::kLocal) {
      return std::make_unique<LocalStore>(folder_.path() / root_ / "made");
    }
    return std::make_unique<S3Store>(ParseS3Url(bucket_ + "/" + root_ + "/a b"),
                                     S3Server::Shared()->Settings());
  }

  TestFolder folder_;
  std::string bucket_;
  std::string root_;
  int num_roots_ = 0;
  std::unique_ptr<ObjectStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, EveryStore, testing::Values(StoreKind::kLocal, StoreKind::kS3),
                         [](const auto& kind) {
                           return kind.param == StoreKind::kLocal ? "Local" : "S3";
                         });

std::vector<std::string> KeysOf(const std::vector<ObjectInfo>& objects) {
  std::vector<std::string> keys;
  std::ranges::transform(objects, std::back_inserter(keys), &ObjectInfo::key);
  return keys;
}

TEST_P(EveryStore, GivesBackWhatWasPut) {
  ObjectStore& store = *store_;

  for (const char* key : {"a", "b/c/d", "p=a%20b/x y.parquet", "é/ü=%2F.json", "with'quote\"s"}) {
    store.Put(key, "first");
    store.Put(key, std::string_view("se\0cond", 7));
    EXPECT_EQ(store.Get(key), std::string("se\0cond", 7)) << key;
    EXPECT_EQ(store.Head(key).value().size, 7U) << key;
    EXPECT_EQ(store.Head(key).value().key, key);
  }
}

TEST_P(EveryStore, HasNothingUnderAKeyThatNobodyPut) {
  ObjectStore& store = *store_;
  store.Put("file", "");

  for (const char* key : {"none", "no/folder", "file/below"}) {
    EXPECT_EQ(store.Get(key), std::nullopt) << key;
    EXPECT_EQ(store.Head(key), std::nullopt) << key;
    EXPECT_NO_THROW(store.Delete(key)) << key;
  }
  EXPECT_EQ(store.Get("file"), "");
}

TEST_P(EveryStore, ReadsRangesAndFewerBytesAtTheEnd) {
  ObjectStore& store = *store_;
  store.Put("digits", "0123456789");

  EXPECT_EQ(store.GetRange("digits", 2, 3), "234");
  EXPECT_EQ(store.GetRange("digits", 8, 100), "89");
  EXPECT_EQ(store.GetRange("digits", 8, ~0ULL), "89");
  EXPECT_EQ(store.GetRange("digits", 100, 1), "");
  EXPECT_THROW(store.GetRange("none", 0, 1), ExternalError);
}

TEST_P(EveryStore, DeletesOnce) {
  ObjectStore& store = *store_;
  store.Put("a/b", "x");

  store.Delete("a/b");
  store.Delete("a/b");

  EXPECT_EQ(store.Get("a/b"), std::nullopt);
}

TEST_P(EveryStore, ReplacesAFileWhereItStillIs) {
  ObjectStore& store = *store_;
  const auto file = folder_.path() / "file";
  std::ofstream(file, std::ios::binary) << "new";
  store.Put("a/b", "old");
  const std::string etag = store.Head("a/b")->etag;

  EXPECT_TRUE(PutFileIfUnchanged(store, "a/b", file, etag));
  EXPECT_EQ(store.Get("a/b"), "new");
  EXPECT_TRUE(PutFileIfUnchanged(store, "a/b", file, ""));
  const std::string later = store.Head("a/b")->etag;
  store.Delete("a/b");

  for (const std::string& of : {etag, later, std::string()}) {
    EXPECT_FALSE(PutFileIfUnchanged(store, "a/b", file, of)) << of;
  }
  EXPECT_EQ(store.Get("a/b"), std::nullopt);
}

TEST_P(EveryStore, PutsIfAbsent) {
  ObjectStore& store = *store_;

  EXPECT_TRUE(store.PutIfAbsent("log/1", "first"));
  EXPECT_FALSE(store.PutIfAbsent("log/1", "second"));
  EXPECT_EQ(store.Get("log/1"), "first");
  EXPECT_TRUE(store.ListLeftovers("").empty());
}

TEST_P(EveryStore, HasOneWinnerAmongThreads) {
  ObjectStore& store = *store_;
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

TEST_P(EveryStore, HasOneWinnerAmongProcesses) {
  constexpr int kProcesses = 8;
  constexpr int kKeys = 50;
  std::vector<pid_t> children;
  for (int me = 0; me < kProcesses; ++me) {
    children.push_back(fork());
    if (children.back() == 0) {
      const auto its_own = Open();
      ObjectStore& store = *its_own;
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

  ObjectStore& store = *store_;
  std::map<std::string, int> found;
  for (int key = 0; key < kKeys; ++key) {
    ++found[store.Get(std::to_string(key)).value()];
  }
  std::erase_if(claimed, [](const auto& entry) { return entry.second == 0; });
  EXPECT_EQ(found, claimed);
}

TEST_P(EveryStore, ListsInBytewiseOrder) {
  ObjectStore& store = *store_;
  for (const char* key : {"a/b", "a.c", "a/a/z", "a0", "B", "é"}) {
    store.Put(key, "");
  }

  EXPECT_EQ(KeysOf(store.List("", {})),
            (std::vector<std::string>{"B", "a.c", "a/a/z", "a/b", "a0", "é"}));
  EXPECT_EQ(KeysOf(store.List("a/", {})), (std::vector<std::string>{"a/a/z", "a/b"}));
  EXPECT_EQ(KeysOf(store.List("a/", {.start_after = {}, .recursive = false})),
            (std::vector<std::string>{"a/b"}));
  EXPECT_EQ(KeysOf(store.List("a", {.start_after = "a/a/z", .recursive = true})),
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

TEST_P(EveryStore, ListsAsASlowReferenceDoes) {
  Random random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const auto root = NewRoot();
    ObjectStore& store = *root;
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
                                .recursive = random() % 2 == 0,
                                .names_only = random() % 2 == 0};
      ASSERT_EQ(KeysOf(store.List(prefix, options)), Selected(keys, prefix, options))
          << "prefix '" << prefix << "' after '" << options.start_after << "' "
          << options.recursive;
    }
  }
}

TEST_P(EveryStore, TellsSizeAndTimeAsHeadDoes) {
  ObjectStore& store = *store_;
  store.Put("a", "four");

  const auto listing = store.List("", {});

  ASSERT_EQ(listing.size(), 1U);
  EXPECT_EQ(listing[0], store.Head("a"));
  EXPECT_EQ(listing[0].size, 4U);
  EXPECT_NEAR(static_cast<double>(listing[0].modified), static_cast<double>(Now()), 60e6);
}

TEST_P(EveryStore, LockHasOneHolderAmongThreads) {
  ObjectStore& store = *store_;
  const int times = GetParam() == StoreKind::kLocal ? 100 : 15;
  std::atomic<int> unguarded = 0;  // as threads see no more of each other than the lock lets them
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < times; ++j) {
          const auto lock = store.Lock("t/.lock");
          const int before = unguarded.load(std::memory_order_relaxed);
          unguarded.store(before + 1, std::memory_order_relaxed);
        }
      });
    }
  }
  EXPECT_EQ(unguarded.load(), 8 * times);
}

TEST_P(EveryStore, LockHasOneHolderAmongProcesses) {
  ObjectStore& store = *store_;
  store.Put("count", "0");
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(fork());
    if (children.back() == 0) {
      const auto its_own = Open();
      ObjectStore& own = *its_own;
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

TEST_P(EveryStore, LockIsFreeOnceItsHolderIsKilled) {
  ObjectStore& store = *store_;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    const auto lock = Open()->Lock(".lock");
    [[maybe_unused]] const auto sent = write(ready[1], "x", 1);
    pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);

  EXPECT_NE(store.Lock(".lock"), nullptr);
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace weir::storage
