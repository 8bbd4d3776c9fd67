#include "lake/vacuum.h"

#include "base/clock.h"
#include "lake/operations_fixture.h"

namespace weir::lake {
namespace {

using Strings = std::vector<std::string>;

class VacuumTest : public OperationsTest {
 protected:
  // Everything that is there gets `age`, and the clock of the file system isn't asked.
  void Age(Micros age) {
    const auto time =
        std::filesystem::file_time_type::clock::now() - std::chrono::microseconds(age);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(Place())) {
      if (entry.is_regular_file()) {
        std::filesystem::last_write_time(entry.path(), time);
      }
    }
  }

  // Where the objects are files.
  std::filesystem::path Place() const {
    return storage::TestsAreOnS3() ? storage::S3Server::Shared()->root()
                                   : std::filesystem::path(Root());
  }

  Strings Deleted(const VacuumRequest& request) {
    Strings keys;
    for (const auto& object : VacuumTable(warehouse_, Table(), request).deleted) {
      keys.push_back(object.key);
    }
    return keys;
  }

  static VacuumRequest Short() {
    return {.retention = 0, .allow_short = true, .protected_keys = {}};
  }
};

TEST_F(VacuumTest, OrphansGoOnceTheyAreOldEnough) {
  Append("SELECT 1 AS id");
  warehouse_.store().Put("s/t/orphan.parquet", "x");
  EXPECT_TRUE(Deleted({}).empty());
  Age(8 * 24 * kHour);
  EXPECT_EQ(Deleted({}), (Strings{"orphan.parquet"}));
  EXPECT_EQ(Rows(), (Strings{"1"}));
}

TEST_F(VacuumTest, RemovedFilesStayForTheRetention) {
  Append("SELECT 1 AS id");
  const std::string path = Paths().at(0);
  Write({.select = "SELECT 2 AS id", .mode = WriteMode::kOverwrite});
  Age(8 * 24 * kHour);  // the files are old, their removal is young
  EXPECT_TRUE(Deleted({}).empty());
  EXPECT_EQ(Rows({.version = 0, .as_of = {}}), (Strings{"1"}));
  EXPECT_EQ(Deleted(Short()), (Strings{DecodePath(path)}));
}

TEST_F(VacuumTest, ADryRunDeletesNothing) {
  Append("SELECT 1 AS id");
  warehouse_.store().Put("s/t/orphan.parquet", "x");
  VacuumRequest request = Short();
  request.dry_run = true;
  EXPECT_EQ(Deleted(request), (Strings{"orphan.parquet"}));
  EXPECT_EQ(Deleted(Short()), (Strings{"orphan.parquet"}));
}

TEST_F(VacuumTest, AShortRetentionHasToBeAskedFor) {
  Append("SELECT 1 AS id");
  const std::string error = ErrorOf([&] { Deleted({.retention = kHour, .protected_keys = {}}); });
  EXPECT_NE(error.find("168 hours"), std::string::npos) << error;
}

TEST_F(VacuumTest, AShortRetentionIsRefusedInWordsThatSayHowToAskForIt) {
  Append("SELECT 1 AS id");
  const VacuumRequest half_an_hour{.retention = 30 * kMinute, .protected_keys = {}};
  EXPECT_EQ(
      ErrorOf([&] { Deleted(half_an_hour); }),
      "s.t keeps removed files for 168 hours; a shorter retention (30 minutes) can break running "
      "readers and writers, and has to be asked for: --allow-short-retention");
}

TEST_F(VacuumTest, HiddenFoldersStayButPartitionsOfSuchAName) {
  Append("SELECT 1 AS id, 'a b' AS _p", {"_p"});
  warehouse_.store().Put("s/t/_mine/x.parquet", "x");
  warehouse_.store().Put("s/t/.crc/x.parquet", "x");
  warehouse_.store().Put("s/t/_q=1/x.parquet", "x");
  warehouse_.store().Put("s/t/_p=1/x.parquet", "x");
  EXPECT_EQ(Deleted(Short()), (Strings{"_p=1/x.parquet"}));
  EXPECT_EQ(Rows(), (Strings{"1|a b"}));
}

TEST_F(VacuumTest, OtherTablesWithinAndFilesThatAreNoDataStay) {
  Append("SELECT 1 AS id");
  for (const char* key :
       {"s/t/weir.yaml", "s/t/jan.csv", "s/t/inner/_delta_log/00000000000000000000.json",
        "s/t/inner/live.parquet", "s/t/innermost.parquet"}) {
    warehouse_.store().Put(key, "x");
  }
  Age(8 * 24 * kHour);
  EXPECT_EQ(Deleted({}), (Strings{"innermost.parquet"}));
  EXPECT_TRUE(warehouse_.store().Head("s/t/inner/live.parquet"));
}

TEST_F(VacuumTest, ProtectedKeysStay) {
  Append("SELECT 1 AS id");
  warehouse_.store().Put("s/t/a.parquet", "x");
  warehouse_.store().Put("s/t/b.parquet", "x");
  VacuumRequest request = Short();
  request.protected_keys = [] { return std::set<std::string>{"a.parquet"}; };
  EXPECT_EQ(Deleted(request), (Strings{"b.parquet"}));
}

TEST_F(VacuumTest, PartitionsWithEveryKindOfNameAreKept) {
  Append("SELECT 1 AS id, unnest(['a b', 'c/d', '100%', 'x=y', 'é', '%41', NULL]) AS p", {"p"});
  EXPECT_TRUE(Deleted(Short()).empty());
  EXPECT_EQ(Rows().size(), 7U);
}

TEST_F(VacuumTest, HalfWrittenFilesGo) {
  if (storage::TestsAreOnS3()) {
    GTEST_SKIP() << "uploads that were left are S3StoreTest's";
  }
  Append("SELECT 1 AS id");
  std::filesystem::copy_file(
      std::filesystem::path(Root()) / "s/t/_delta_log" / "00000000000000000000.json",
      std::filesystem::path(Root()) / "s/t/.weir-tmp-1");
  EXPECT_EQ(Deleted(Short()), (Strings{".weir-tmp-1"}));
}

}  // namespace
}  // namespace weir::lake
