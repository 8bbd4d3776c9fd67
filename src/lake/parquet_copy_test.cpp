#include "lake/parquet_copy.h"

#include <filesystem>
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "lake/data_fixture.h"

namespace weir::lake {
namespace {

constexpr auto kShort = "SELECT sum(hash(range)) AS s FROM range(100000)";

class ParquetCopyTest : public DataTest {
 protected:
  static FileCopy CopyOf(const std::string& select, const std::string& name) {
    return {.select = select, .folder = "", .key = name, .num_rows = 1};
  }

  bool IsThere(const std::string& name) const {
    return std::filesystem::exists(staging_.PathOf(name));
  }

  DataStaging staging_{connection_, folder_};
};

TEST_F(ParquetCopyTest, GivesWhatWasWrittenInTheOrderOfTheFiles) {
  std::vector<FileCopy> files;
  for (int i = 0; i < 40; ++i) {
    const std::string folder = "p=" + std::to_string(i % 7) + "/";
    files.push_back({.select = "FROM range(" + std::to_string(i) + ")",
                     .folder = folder,
                     .key = folder + std::to_string(i) + ".parquet",
                     .num_rows = i % 3 == 0 ? 1'000'000 : i});  // some one after the other
  }

  const std::vector<WrittenFile> written = CopyEach(connection_, staging_, files);

  ASSERT_EQ(written.size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(written[i].key, files[i].key);
    EXPECT_EQ(written[i].num_rows, static_cast<std::int64_t>(i));
    EXPECT_EQ(Count("read_parquet('" + staging_.PathOf(files[i].key) + "')"), i);
  }
}

TEST_F(ParquetCopyTest, BeginsNoOtherWhenOneFailsAndThrowsItsError) {
  std::vector<FileCopy> files = {CopyOf("SELECT error('boom') AS s", "0.parquet")};
  for (int i = 1; i < 1000; ++i) {
    files.push_back(CopyOf(kShort, std::to_string(i) + ".parquet"));
  }

  const std::string error = ErrorOf([&] { CopyEach(connection_, staging_, files); });

  EXPECT_NE(error.find("boom"), std::string::npos) << error;
  EXPECT_FALSE(IsThere("999.parquet"));
}

TEST_F(ParquetCopyTest, BeginsNoOtherAfterItsConnectionsStop) {
  std::stop_source stop;
  connection_.SetStopToken(stop.get_token());
  std::vector<FileCopy> files;
  for (int i = 0; i < 1000; ++i) {
    files.push_back(CopyOf(kShort, std::to_string(i) + ".parquet"));
  }
  const std::jthread stopper([&] {
    while (!IsThere("3.parquet")) {
      std::this_thread::yield();
    }
    stop.request_stop();
  });

  EXPECT_THROW(CopyEach(connection_, staging_, files), CancelledError);

  EXPECT_FALSE(IsThere("999.parquet"));
}

}  // namespace
}  // namespace weir::lake
