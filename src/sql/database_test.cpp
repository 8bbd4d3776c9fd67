#include "sql/database.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/process.h"
#include "base/run_id.h"
#include "sql/spill_folder.h"

namespace weir::sql {
namespace {

namespace fs = std::filesystem;

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() { fs::create_directories(folder_); }
  ~DatabaseTest() override { fs::remove_all(folder_); }

  const fs::path folder_ = fs::temp_directory_path() / ("weir-database-test-" + NewUuid());
};

// Takes about 64 MB.
constexpr std::string_view kLargeTable =
    "CREATE OR REPLACE TEMP TABLE large AS SELECT hash(range) AS number FROM range(8000000)";

Value Setting(Database& database, const std::string& name) {
  return database.Connect().Query("SELECT current_setting('" + name + "')").Cell();
}

TEST_F(DatabaseTest, SettingsAreWeirs) {
  Database database({.memory_bytes = 512 << 20, .threads = 3, .spill_folder = folder_});

  EXPECT_EQ(Setting(database, "TimeZone"), Value("UTC"));
  EXPECT_EQ(Setting(database, "memory_limit"), Value("512.0 MiB"));
  EXPECT_EQ(Setting(database, "threads"), Value(std::int64_t{3}));
  EXPECT_EQ(Setting(database, "preserve_insertion_order"), Value(true));
  EXPECT_EQ(Setting(database, "autoinstall_known_extensions"), Value(false));
  EXPECT_EQ(Setting(database, "autoload_known_extensions"), Value(false));
  EXPECT_EQ(Setting(database, "allow_unsigned_extensions"), Value(false));
}

TEST_F(DatabaseTest, DefaultsAreSixTenthsOfTheMemoryAndAllProcessors) {
  const Database database({});

  EXPECT_EQ(database.options().memory_bytes, MemoryLimitBytes() / 10 * 6);
  EXPECT_EQ(database.options().threads, AvailableProcessors());
}

TEST_F(DatabaseTest, TimestampsAreReadAndShownInUtc) {
  Database database({});

  EXPECT_EQ(database.Connect().Query("SELECT TIMESTAMPTZ '2026-01-02 03:04:05+02'::VARCHAR").Cell(),
            Value("2026-01-02 01:04:05+00"));
}

TEST_F(DatabaseTest, TablesAreSharedByConnectionsAndTemporaryOnesAreNot) {
  Database database({});
  Connection one = database.Connect();
  Connection other = database.Connect();
  one.Run("CREATE TABLE shared AS SELECT 1 AS a; CREATE TEMP TABLE mine AS SELECT 2 AS a");

  EXPECT_EQ(other.QueryInteger("FROM shared"), 1);
  EXPECT_THROW(other.Run("FROM mine"), UserError);
}

TEST_F(DatabaseTest, WithoutASpillFolderTooMuchIsAnErrorOfMemory) {
  Database database({.memory_bytes = 40 << 20, .threads = 2, .spill_folder = {}});

  EXPECT_THROW(database.Connect().Run(kLargeTable), ExternalError);
}

TEST_F(DatabaseTest, SpillsIntoAFolderOfItsOwnAndRemovesIt) {
  {
    Database database({.memory_bytes = 40 << 20, .threads = 2, .spill_folder = folder_ / "new"});
    EXPECT_TRUE(fs::is_empty(folder_ / "new"));
    database.Connect().Run(kLargeTable);
    EXPECT_FALSE(fs::is_empty(folder_ / "new"));
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "new"));
}

TEST_F(DatabaseTest, SpillingStopsAtItsLimit) {
  Database database(
      {.memory_bytes = 40 << 20, .threads = 2, .spill_folder = folder_, .spill_bytes = 10 << 20});

  EXPECT_THROW(database.Connect().Run(kLargeTable), ExternalError);
}

TEST_F(DatabaseTest, EmptiesTheSpillFoldersOfDeadProcessesOnly) {
  const ProcessIdentity living = CurrentProcess();
  ProcessIdentity dead = living;
  ++dead.start;
  ProcessIdentity rebooted = living;
  rebooted.boot = "0-0";
  ProcessIdentity elsewhere = dead;
  elsewhere.host = "another_host";
  const auto make = [&](const std::string& name) {
    fs::create_directories(folder_ / name);
    std::ofstream(folder_ / name / "duckdb_temp_block-1.block") << "x";
    return folder_ / name;
  };
  const fs::path of_living = make(SpillFolderName(living, "a-b"));
  const fs::path of_dead = make(SpillFolderName(dead, "a-b"));
  const fs::path of_rebooted = make(SpillFolderName(rebooted, "a-b"));
  const fs::path of_elsewhere = make(SpillFolderName(elsewhere, "a-b"));
  const fs::path foreign = make("spill_me_not");

  const Database database({.spill_folder = folder_});

  EXPECT_TRUE(fs::exists(of_living));
  EXPECT_FALSE(fs::exists(of_dead));
  EXPECT_FALSE(fs::exists(of_rebooted));
  EXPECT_TRUE(fs::exists(of_elsewhere));
  EXPECT_TRUE(fs::exists(foreign));
}

TEST_F(DatabaseTest, ASpillFolderThatCannotBeMadeIsNamed) {
  std::ofstream(folder_ / "file") << "x";

  try {
    const Database database({.spill_folder = folder_ / "file" / "spill"});
    FAIL() << "nothing was thrown";
  } catch (const ExternalError& error) {
    EXPECT_NE(std::string(error.what()).find("file/spill"), std::string::npos) << error.what();
  }
}

TEST_F(DatabaseTest, LoadsShippedExtensionsOnceEach) {
  Database database({});

  database.LoadExtension("delta");
  database.LoadExtension("delta");
  database.LoadExtension("avro");
  database.LoadExtension("httpfs");

  EXPECT_EQ(database.Connect().QueryInteger(
                "SELECT count(*) FROM duckdb_extensions() WHERE loaded AND extension_name IN "
                "('delta', 'avro', 'httpfs')"),
            3);
}

TEST_F(DatabaseTest, AMissingExtensionIsNamedWithThePathsTried) {
  Database database({});

  try {
    database.LoadExtension("nonesuch");
    FAIL() << "nothing was thrown";
  } catch (const ExternalError& error) {
    EXPECT_NE(std::string(error.what()).find("/nonesuch.duckdb_extension"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace weir::sql
