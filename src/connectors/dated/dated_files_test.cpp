#include "connectors/dated/dated_files.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "connectors/connector_fixture.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Lines = std::vector<std::string>;

class DatedFilesTest : public ConnectorTest {
 protected:
  void Export(const std::string& day, int state, const Json& more = Json::object()) {
    connection_.Run(
        fmt::format("CREATE OR REPLACE TEMP TABLE rows AS SELECT {} AS state, i AS id FROM "
                    "range(10) t(i) ORDER BY hash(i)",
                    state));
    Json settings{{"path", "out"}, {"day", day}, {"partition", "amer"}, {"sort_by", "id"}};
    settings.update(more);
    ConnectorContext context = Context("dated_files", Direction::kOut, settings);
    context.run_id = fmt::format("export.{}.{}", day, state);
    table_.Find("dated_files").Send(context);
  }

  Lines Names(const std::string& folder) const {
    Lines names;
    if (fs::exists(folder_.path() / folder)) {
      for (const auto& entry : fs::directory_iterator(folder_.path() / folder)) {
        names.push_back(entry.path().filename().string());
      }
    }
    std::ranges::sort(names);
    return names;
  }

  Json Manifest() const { return Json::parse(Contents("out/latest/amer/_MANIFEST.json")); }

  // As a reader does it who knows nothing but the manifest.
  Lines Latest() {
    const Json manifest = Manifest();
    std::string files;
    for (const Json& file : manifest.at("files")) {
      files += fmt::format("{}'{}/out/latest/amer/{}'", files.empty() ? "" : ", ", folder_.text(),
                           file.at("name").get<std::string>());
    }
    return Rows(fmt::format(
        "SELECT state, count(*), count(DISTINCT id) FROM read_parquet([{}]) GROUP BY ALL", files));
  }
};

TEST_F(DatedFilesTest, WritesTheDayAndTheLatest) {
  Export("2026-01-05", 1, {{"rows_of_file", 4}});

  EXPECT_EQ(Names("out/2026-01-05/amer"),
            (Lines{"_SUCCESS", "part-00000.parquet", "part-00001.parquet", "part-00002.parquet"}));
  EXPECT_EQ(Rows(fmt::format("SELECT list(id) FROM '{}/out/2026-01-05/amer/part-00001.parquet'",
                             folder_.text())),
            Lines{"[4, 5, 6, 7]"});
  EXPECT_EQ(Manifest().at("day"), "2026-01-05");
  EXPECT_EQ(Manifest().at("files").size(), 3);
  EXPECT_EQ(Latest(), Lines{"1|10|10"});
}

TEST_F(DatedFilesTest, LatestHasTheNewestDayAloneWhateverIsWrittenLater) {
  Export("2026-01-05", 1, {{"rows_of_file", 4}});
  Export("2026-01-06", 2);
  EXPECT_EQ(Latest(), Lines{"2|10|10"});
  EXPECT_EQ(Names("out/latest/amer").size(), 2);

  Export("2026-01-05", 3);  // an older day again
  EXPECT_EQ(Latest(), Lines{"2|10|10"});
  EXPECT_EQ(Names("out/2026-01-05/amer"), (Lines{"_SUCCESS", "part-00000.parquet"}));

  Export("2026-01-06", 4);  // the newest again
  EXPECT_EQ(Latest(), Lines{"4|10|10"});
  EXPECT_EQ(Names("out/latest/amer").size(), 2);
}

TEST_F(DatedFilesTest, KeepsTheNewestDaysOfAPartition) {
  for (int day = 1; day <= 9; ++day) {
    Export(fmt::format("2026-01-0{}", day), day);
    Export(fmt::format("2026-01-0{}", day), day, {{"partition", "emea"}, {"keep", 2}});
  }

  EXPECT_EQ(Names("out"), (Lines{"2026-01-03", "2026-01-04", "2026-01-05", "2026-01-06",
                                 "2026-01-07", "2026-01-08", "2026-01-09", "latest"}));
  EXPECT_EQ(Names("out/2026-01-03"), Lines{"amer"});
  EXPECT_EQ(Names("out/2026-01-09"), (Lines{"amer", "emea"}));
}

TEST_F(DatedFilesTest, NothingIsWrittenWhereItIsOff) {
  Export("2026-01-05", 1, {{"export", "none"}});

  EXPECT_FALSE(fs::exists(folder_.path() / "out"));
}

TEST_F(DatedFilesTest, WrongSettingsAreNamed) {
  EXPECT_EQ(ErrorOf([&] { Export("yesterday", 1); }),
            "setting 'day' is 'yesterday'; a day such as 2026-01-31 is allowed");
  EXPECT_EQ(ErrorOf([&] { Export("2026-01-05", 1, {{"partition", "a/b"}}); }),
            "setting 'partition' is 'a/b'; a part of a folder's name is allowed");
  EXPECT_EQ(ErrorOf([&] { Export("2026-01-05", 1, {{"path", "s3://bucket/x"}}); }),
            "setting 'path' is 's3://bucket/x'; a folder of this machine is allowed");
}

}  // namespace
}  // namespace weir::connectors
