// What only stores on S3 do; every_store_test.cpp has the rest.
#include "storage/s3/s3_store.h"

#include <fstream>
#include <functional>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "storage/conditional_put.h"
#include "storage/probe_store.h"
#include "storage/s3/fault_proxy.h"
#include "storage/s3/multipart_upload.h"
#include "storage/s3/s3_lock.h"
#include "storage/s3/s3_server.h"
#include "storage/stores.h"

namespace weir::storage {
namespace {

using Bytes = std::string;

Bytes RandomBytes(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(size, '\0');
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const std::uint64_t eight = random();
    std::copy_n(reinterpret_cast<const char*>(&eight), 8, bytes.data() + i);
  }
  return bytes;
}

// The text of what `work` throws; "" if it throws nothing.
std::string Thrown(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

class S3StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (S3Server::Shared() == nullptr) {
      GTEST_SKIP() << "skipped: versitygw is not in .deps; scripts/setup.sh puts it there";
    }
    bucket_ = S3Server::Shared()->NewBucket();
    settings_ = S3Server::Shared()->Settings();
    settings_.retry.first_wait = std::chrono::milliseconds(1);
    settings_.retry.longest_wait = std::chrono::milliseconds(10);
  }

  S3Store Open(const std::string& prefix = "/p") const {
    return {ParseS3Url(bucket_ + prefix), settings_};
  }

  std::unique_ptr<S3Store> OpenOwned() const {
    return std::make_unique<S3Store>(ParseS3Url(bucket_ + "/p"), settings_);
  }

  std::string bucket_;
  S3Settings settings_;
};

TEST_F(S3StoreTest, UploadsLargeObjectsInParts) {
  S3Store store = Open();
  const Bytes large = RandomBytes((std::size_t{33} << 20U) + 5, 1);
  const TestFolder folder;
  std::ofstream(folder.path() / "large", std::ios::binary) << large;

  store.Put("put", large);
  store.PutFile("file", folder.path() / "large");

  EXPECT_TRUE(store.Get("put") == large);
  EXPECT_TRUE(store.Get("file") == large);
  EXPECT_EQ(store.GetRange("file", large.size() - 3, 10), large.substr(large.size() - 3));
  EXPECT_TRUE(store.ListLeftovers("").empty());
}

TEST_F(S3StoreTest, ReplacesNoOtherObjectThanWasSeen) {
  S3Store store = Open();
  const TestFolder folder;
  const std::map<std::string, Bytes> files = {
      {"small", "mine"}, {"large", RandomBytes((std::size_t{33} << 20U) + 5, 1)}};
  for (const auto& [name, bytes] : files) {
    std::ofstream(folder.path() / name, std::ios::binary) << bytes;
    store.Put(name, "seen");
    const std::string seen = store.Head(name)->etag;
    store.Put(name, "of another");

    EXPECT_FALSE(PutFileIfUnchanged(store, name, folder.path() / name, seen)) << name;
    EXPECT_EQ(store.Get(name), "of another");

    EXPECT_TRUE(PutFileIfUnchanged(store, name, folder.path() / name, store.Head(name)->etag));
    EXPECT_TRUE(store.Get(name) == bytes) << name;
    const std::string last = store.List(name, {}).at(0).etag;
    store.Delete(name);
    EXPECT_FALSE(PutFileIfUnchanged(store, name, folder.path() / name, last)) << name;
    EXPECT_EQ(store.Head(name), std::nullopt) << name;
  }
  EXPECT_TRUE(store.ListLeftovers("").empty());
}

TEST_F(S3StoreTest, AbortsTheUploadOfAWriterThatFails) {
  const S3Store store = Open();

  const std::string error = Thrown([&] {
    UploadInParts(store.client(), "p/half", std::uint64_t{40} << 20U,
                  [](std::uint64_t offset, std::uint64_t length) {
                    if (offset > 0) {
                      throw ExternalError("the disk is gone");
                    }
                    return Bytes(length, 'x');
                  });
  });

  EXPECT_EQ(error, "the disk is gone");
  EXPECT_EQ(store.Head("half"), std::nullopt);
  EXPECT_TRUE(store.ListLeftovers("").empty());
}

TEST_F(S3StoreTest, ListsAndDeletesWhatKilledWritersLeft) {
  S3Store store = Open();
  store.client().Send({.method = "POST", .key = "p/t/half", .query = {{"uploads", ""}}});
  store.client().Send({.method = "POST", .key = "q/half", .query = {{"uploads", ""}}});

  const auto leftovers = store.ListLeftovers("t/");

  ASSERT_EQ(leftovers.size(), 1U);
  EXPECT_TRUE(leftovers[0].key.starts_with("t/half?uploadId=")) << leftovers[0].key;
  EXPECT_NEAR(static_cast<double>(leftovers[0].modified), static_cast<double>(Now()), 60e6);
  store.Delete(leftovers[0].key);
  EXPECT_TRUE(store.ListLeftovers("").empty());
}

TEST_F(S3StoreTest, ListsMoreThanOnePage) {
  S3Store store = Open();
  std::vector<std::string> keys;
  for (int i = 0; i < 1'100; ++i) {
    keys.push_back(fmt::format("many/{:05}", i));
  }
  std::vector<std::jthread> threads;
  for (std::size_t me = 0; me < 4; ++me) {
    threads.emplace_back([&, me] {
      for (std::size_t i = me; i < keys.size(); i += 4) {
        store.Put(keys[i], "");
      }
    });
  }
  threads.clear();

  std::vector<std::string> found;
  for (const ObjectInfo& object : store.List("many/", {})) {
    found.push_back(object.key);
  }
  EXPECT_EQ(found, keys);
  EXPECT_EQ(store.List("many/", {.start_after = "many/01089", .recursive = true}).size(), 10U);
}

TEST_F(S3StoreTest, NamesWhatTheServerSaid) {
  S3Settings wrong = settings_;
  wrong.keys =
      GivenKeys([] { return S3Keys{.access_key = S3Server::kAccessKey, .secret_key = "s"}; });
  const S3Store stranger(ParseS3Url(bucket_ + "/p"), wrong);
  const S3Store nowhere(ParseS3Url("s3://no-such-bucket/p"), settings_);

  const std::string refused = Thrown([&] { static_cast<void>(stranger.Get("a")); });
  EXPECT_TRUE(refused.starts_with("GET " + bucket_ + "/p/a: " + S3Server::Shared()->endpoint() +
                                  " answered 403 SignatureDoesNotMatch: "))
      << refused;
  const std::string absent = Thrown([&] { static_cast<void>(nowhere.List("", {})); });
  EXPECT_NE(absent.find("answered 404 NoSuchBucket: "), std::string::npos) << absent;
  EXPECT_THROW(static_cast<void>(Open().GetRange("none", 0, 1)), ExternalError);
}

TEST_F(S3StoreTest, GivesUpAServerThatIsNotThere) {
  settings_.endpoint = "http://127.0.0.1:1";
  settings_.retry.most_tries = 3;
  const S3Store store = Open();

  EXPECT_EQ(Thrown([&] { static_cast<void>(store.Get("a")); }),
            "GET " + bucket_ + "/p/a: http://127.0.0.1:1/" + bucket_.substr(5) +
                "/p/a: Couldn't connect to server (3 tries)");
}

TEST_F(S3StoreTest, RefusesToWriteWhereItIsReadOnly) {
  Open("").Put("a/x", "1");
  const Stores stores({{.name = "partner",
                        .prefixes = {bucket_ + "/a/", "/nowhere/"},
                        .s3 = settings_,
                        .read_only = true},
                       {.name = "mine", .prefixes = {bucket_, bucket_ + "/a/b"}, .s3 = settings_}});

  const auto partner = stores.Open(bucket_ + "/a");
  EXPECT_EQ(partner->Get("x"), "1");
  const std::string error = "can't write " + bucket_ +
                            "/a/y: store 'partner' of weir.yaml is "
                            "read_only";
  EXPECT_EQ(Thrown([&] { partner->Put("y", ""); }), error);
  EXPECT_EQ(Thrown([&] { partner->PutIfAbsent("y", ""); }), error);
  EXPECT_NE(Thrown([&] { partner->Delete("x"); }), "");
  EXPECT_NE(Thrown([&] { partner->Lock("x"); }), "");
  EXPECT_NE(Thrown([&] { stores.CheckWritable("/nowhere/file"); }), "");
  EXPECT_EQ(Thrown([&] { stores.CheckWritable("/nowhere-else"); }), "");
  EXPECT_EQ(Thrown([&] { stores.Open(bucket_ + "/a/b")->Put("y", ""); }), "");
  EXPECT_EQ(Thrown([&] { stores.Open(bucket_ + "/ab")->Put("y", ""); }), "");
}

TEST_F(S3StoreTest, PassesItsProbe) {
  S3Store store = Open("/does/not/exist");

  for (const StoreAbility& ability : ProbeStore(store)) {
    EXPECT_TRUE(ability.works) << ability.name << ": " << ability.problem;
  }
  EXPECT_TRUE(store.List("", {}).empty());
}

TEST_F(S3StoreTest, ProbeNamesWhatIsMissing) {
  settings_.keys =
      GivenKeys([] { return S3Keys{.access_key = S3Server::kAccessKey, .secret_key = "s"}; });
  S3Store store = Open();

  const auto abilities = ProbeStore(store);

  ASSERT_EQ(abilities.size(), 5U);
  EXPECT_FALSE(abilities[0].works);
  EXPECT_EQ(abilities[0].permission, "s3:ListBucket");
  EXPECT_NE(abilities[0].problem.find("403"), std::string::npos);
  EXPECT_EQ(abilities[2].problem, "not tried, as nothing could be written");
}

TEST(ParseS3Url, KnowsBucketAndPrefix) {
  EXPECT_EQ(ParseS3Url("s3://bucket").prefix, "");
  EXPECT_EQ(ParseS3Url("s3://bucket/").prefix, "");
  EXPECT_EQ(ParseS3Url("s3://my-bucket.x/a/b/").bucket, "my-bucket.x");
  EXPECT_EQ(ParseS3Url("s3://my-bucket.x/a/b/").prefix, "a/b");
  for (const char* wrong : {"s3:/bucket", "s3://", "s3://ab", "s3://Bucket/x", "s3:///x"}) {
    EXPECT_THROW(ParseS3Url(wrong), UserError) << wrong;
  }
}

// --- locks

TEST_F(S3StoreTest, LockOfASilentHolderIsTakenOver) {
  const S3LockOptions impatient{.renew_every = std::chrono::hours(1),
                                .lease = std::chrono::milliseconds(2'000),
                                .longest_wait = std::chrono::milliseconds(20)};
  auto silent = TakeS3Lock(OpenOwned(), "lock", impatient);
  EXPECT_NO_THROW(silent->Check());

  const auto taken = TakeS3Lock(OpenOwned(), "lock", impatient);

  EXPECT_THROW(silent->Check(), ExternalError);
  silent.reset();  // may not free what another holds
  auto waits = std::make_unique<std::jthread>(
      [&] { const auto third = TakeS3Lock(OpenOwned(), "lock", impatient); });
  EXPECT_EQ(Open().List("lock.", {}).back().size != 0, true);
  waits.reset();
}

TEST_F(S3StoreTest, LockIsRenewedWhileItIsHeld) {
  const S3LockOptions diligent{.renew_every = std::chrono::milliseconds(50),
                               .lease = std::chrono::milliseconds(6'000),
                               .longest_wait = std::chrono::milliseconds(20)};
  auto held = TakeS3Lock(OpenOwned(), "lock", diligent);
  std::promise<void> taken;
  auto is_taken = taken.get_future();
  const std::jthread waiter([&] {
    const auto lock = TakeS3Lock(OpenOwned(), "lock", diligent);
    taken.set_value();
  });
  EXPECT_EQ(is_taken.wait_for(std::chrono::seconds(7)), std::future_status::timeout);
  EXPECT_NO_THROW(held->Check());
  held.reset();
  EXPECT_EQ(is_taken.wait_for(std::chrono::minutes(1)), std::future_status::ready);
}

// --- behind a proxy that fails

class FaultyStoreTest : public S3StoreTest, public testing::WithParamInterface<Connections> {
 protected:
  S3Store OpenBehind(const FaultProxy& proxy) const {
    S3Settings settings = settings_;
    settings.endpoint = proxy.endpoint();
    settings.retry.most_tries = 30;
    return {ParseS3Url(bucket_ + "/p"), settings};
  }
};

TEST_P(FaultyStoreTest, EveryWriteHasItsEffectOnce) {
  const std::uint64_t seed = TestSeed();
  for (int round = 0; round < TestRounds(); ++round) {
    const FaultProxy proxy(S3Server::Shared()->endpoint(), seed + static_cast<unsigned>(round), 30,
                           GetParam());
    S3Store store = OpenBehind(proxy);
    const std::string folder = fmt::format("r{}/", round);
    for (int i = 0; i < 5; ++i) {
      const std::string key = folder + std::to_string(i);
      ASSERT_TRUE(store.PutIfAbsent(key, "mine " + key)) << key;
      ASSERT_FALSE(store.PutIfAbsent(key, "other " + key)) << key;
      ASSERT_EQ(store.Get(key), "mine " + key);
      store.Put(key + ".put", key);
      ASSERT_EQ(store.GetRange(key + ".put", 0, 100), key);
    }
    ASSERT_EQ(store.List(folder, {}).size(), 10U);
    for (const ObjectInfo& object : store.List(folder, {})) {
      store.Delete(object.key);
      ASSERT_EQ(store.Head(object.key), std::nullopt);
    }
    ASSERT_GT(proxy.num_lost_replies(), 0);
  }
}

TEST_P(FaultyStoreTest, ConditionalWritesHaveOneWinner) {
  const std::uint64_t seed = TestSeed();
  const FaultProxy proxy(S3Server::Shared()->endpoint(), seed, 30, GetParam());
  constexpr int kWriters = 4;
  constexpr int kContested = 30;
  std::array<std::array<bool, kContested>, kWriters> won{};
  {
    std::vector<std::jthread> writers;
    for (std::size_t me = 0; me < kWriters; ++me) {
      writers.emplace_back([&, me] {
        S3Store store = OpenBehind(proxy);
        for (std::size_t key = 0; key < kContested; ++key) {
          won[me][key] = store.PutIfAbsent(std::to_string(key), std::to_string(me));
        }
      });
    }
  }

  for (std::size_t key = 0; key < kContested; ++key) {
    const std::size_t winner = std::stoul(Open().Get(std::to_string(key)).value());
    for (std::size_t me = 0; me < kWriters; ++me) {
      ASSERT_EQ(won[me][key], me == winner) << key << " of " << me;
    }
  }
  EXPECT_GT(proxy.num_lost_replies(), 0);
}

TEST_P(FaultyStoreTest, LargeObjectsArriveWhole) {
  const FaultProxy proxy(S3Server::Shared()->endpoint(), TestSeed(), 20, GetParam());
  S3Store store = OpenBehind(proxy);
  const Bytes large = RandomBytes(std::size_t{50} << 20U, 2);

  store.Put("large", large);

  EXPECT_TRUE(Open().Get("large") == large);
  EXPECT_EQ(std::ssize(Open().ListLeftovers("")), proxy.num_unknown_uploads());  // vacuum's
}

// What libcurl does by itself on a connection that was kept: it sends again, and the second answer
// says that the object is there.
TEST_P(FaultyStoreTest, AWriteWhoseReplyIsLostIsItsWritersOwn) {
  const FaultProxy proxy(S3Server::Shared()->endpoint(), TestSeed(), 0, GetParam());
  S3Store store = OpenBehind(proxy);

  for (int i = 0; i < 9; ++i) {
    const std::string key = std::to_string(i);
    EXPECT_EQ(store.Get(key), std::nullopt);  // opens the connection, or finds it
    EXPECT_TRUE(store.PutIfAbsent(key, "mine " + key)) << key;
    EXPECT_FALSE(store.PutIfAbsent(key, "other " + key)) << key;
  }

  EXPECT_GE(proxy.num_lost_replies(), 6);
}

TEST_P(FaultyStoreTest, AReplacementWhoseReplyIsLostIsItsWritersOwn) {
  const FaultProxy proxy(S3Server::Shared()->endpoint(), TestSeed(), 0, GetParam());
  S3Store store = OpenBehind(proxy);
  const TestFolder folder;

  for (int i = 0; i < 9; ++i) {
    const std::string key = std::to_string(i);
    store.Put(key, "seen");
    const std::string seen = store.Head(key)->etag;
    for (const char* name : {"mine", "other"}) {
      std::ofstream(folder.path() / name, std::ios::binary) << name << key;
    }
    EXPECT_TRUE(PutFileIfUnchanged(store, key, folder.path() / "mine", seen)) << key;
    EXPECT_FALSE(PutFileIfUnchanged(store, key, folder.path() / "other", seen)) << key;
    EXPECT_EQ(store.Get(key), "mine" + key);
  }

  EXPECT_GE(proxy.num_lost_replies(), 6);
}

INSTANTIATE_TEST_SUITE_P(Every, FaultyStoreTest,
                         testing::Values(Connections::kOneRequest, Connections::kKept),
                         [](const auto& kind) {
                           return kind.param == Connections::kKept ? "ConnectionsKept"
                                                                   : "OneRequestAConnection";
                         });

}  // namespace
}  // namespace weir::storage
