#include "connectors/segments/segment_files.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <zlib.h>

#include "connectors/connector_fixture.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Lines = std::vector<std::string>;

class SegmentFilesTest : public ConnectorTest {
 protected:
  static constexpr auto kFolder = "out/combined/2026/01/05/amer.lookalikeSegments.gz/";

  // Changes of `ids`, in any order.
  void Sync(const std::string& ids, const Json& more = Json::object()) {
    connection_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE rows AS SELECT id AS dsp_user_id, 7::BIGINT AS "
        "dsp_segment_id, 'add' AS action, 1767657600::BIGINT AS ts, 43200::BIGINT AS "
        "expiration_minutes, 900::BIGINT AS value FROM (SELECT unnest({}) AS id) ORDER BY hash(id)",
        ids));
    Json settings = Settings();
    settings.update(more);
    Send("segment_files", settings);
  }

  static Json Settings() {
    return {{"path", "out"},
            {"name", "lookalikeSegments"},
            {"day", "2026-01-05"},
            {"partition", "amer"}};
  }

  void Take() { Write(std::string(kFolder) + "_TAKEN", ""); }

  Lines ReadBack() {
    ConnectorContext context = Context("segment_files", Direction::kIn, Settings());
    context.relation = "taken";
    table_.Find("segment_files").Read(context);
    return Rows("SELECT action, dsp_user_id, value FROM taken ORDER BY ALL");
  }

  // By zlib, not by what wrote it.
  std::string Unpacked(const std::string& name) const {
    const gzFile file = gzopen((folder_.path() / name).c_str(), "rb");
    std::string text(1 << 16, '\0');
    const int size = gzread(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    text.resize(static_cast<std::size_t>(size));
    return text;
  }
};

TEST_F(SegmentFilesTest, WritesSortedLinesAndSuccess) {
  Sync("['c', 'a', 'b']", {{"rows_of_file", 2}});

  EXPECT_EQ(Unpacked(std::string(kFolder) + "part-00000.gz"),
            "a\t7\tadd\t1767657600\t43200\t900\nb\t7\tadd\t1767657600\t43200\t900\n");
  EXPECT_EQ(Unpacked(std::string(kFolder) + "part-00001.gz"),
            "c\t7\tadd\t1767657600\t43200\t900\n");
  const Json success = Json::parse(Contents(std::string(kFolder) + "_SUCCESS"));
  ASSERT_EQ(success.at("parts").size(), 2);
  EXPECT_EQ(success.at("parts")[0].at("lines"), 2);
  EXPECT_EQ(success.at("parts")[1].at("size"),
            fs::file_size(folder_.path() / kFolder / "part-00001.gz"));
}

TEST_F(SegmentFilesTest, EqualRowsGiveEqualBytes) {
  Sync("['c', 'a', 'b']");
  const std::string bytes = Contents(std::string(kFolder) + "part-00000.gz");
  const std::string success = Contents(std::string(kFolder) + "_SUCCESS");

  Sync("['b', 'a', 'c']");

  EXPECT_EQ(Contents(std::string(kFolder) + "part-00000.gz"), bytes);
  EXPECT_EQ(Contents(std::string(kFolder) + "_SUCCESS"), success);
}

TEST_F(SegmentFilesTest, ReplacesAFolderThatNobodyTook) {
  Sync("['a', 'b', 'c']", {{"rows_of_file", 1}});
  EXPECT_EQ(ReadBack(), Lines{});

  Sync("['z']");

  EXPECT_EQ(Unpacked(std::string(kFolder) + "part-00000.gz"),
            "z\t7\tadd\t1767657600\t43200\t900\n");
  EXPECT_FALSE(fs::exists(folder_.path() / kFolder / "part-00001.gz"));
}

TEST_F(SegmentFilesTest, ATakenFolderStaysAndIsReadBack) {
  Sync("['a', 'b']", {{"rows_of_file", 1}});
  Take();
  const std::string bytes = Contents(std::string(kFolder) + "part-00001.gz");

  EXPECT_EQ(ReadBack(), (Lines{"add|a|900", "add|b|900", "taken|NULL|NULL"}));
  Sync("['b', 'a']", {{"rows_of_file", 1}});  // what is there already
  EXPECT_THROW(Sync("['a']", {{"rows_of_file", 1}}), ExternalError);

  EXPECT_EQ(Contents(std::string(kFolder) + "part-00001.gz"), bytes);
  EXPECT_TRUE(fs::exists(folder_.path() / kFolder / "_TAKEN"));
}

TEST_F(SegmentFilesTest, NoRowsAreAnEmptyPart) {
  Sync("[]::VARCHAR[]");
  EXPECT_EQ(Unpacked(std::string(kFolder) + "part-00000.gz"), "");

  Take();

  EXPECT_EQ(ReadBack(), Lines{"taken|NULL|NULL"});
}

TEST_F(SegmentFilesTest, ATakenFolderThatWasChangedIsNamed) {
  Sync("['a', 'b']");
  Take();
  Write(std::string(kFolder) + "part-00000.gz", "something else");
  EXPECT_EQ(ErrorOf([&] { ReadBack(); }),
            fmt::format("F/{}part-00000.gz: it was taken, but is not the file that _SUCCESS names",
                        kFolder));

  fs::remove(folder_.path() / kFolder / "_SUCCESS");
  EXPECT_EQ(ErrorOf([&] { ReadBack(); }),
            fmt::format("F/{}: it was taken, but _SUCCESS is missing or broken",
                        std::string(kFolder).substr(0, std::string(kFolder).size() - 1)));
}

TEST_F(SegmentFilesTest, WrongIdsAndSettingsAreNamed) {
  EXPECT_EQ(ErrorOf([&] { Sync("['a', 'b\tc']"); }),
            "segment_files: dsp_user_id *** (3 characters) with action 'add'; ids without spaces "
            "and tabs, and "
            "the actions add and remove are allowed");
  EXPECT_EQ(ErrorOf([&] { Sync("['a']", {{"day", "today"}}); }),
            "setting 'day' is 'today'; a day such as 2026-01-31 is allowed");
  EXPECT_EQ(ErrorOf([&] { Sync("['a']", {{"name", "a/b"}}); }),
            "setting 'name' is 'a/b'; a part of a folder's name is allowed");
  EXPECT_FALSE(fs::exists(folder_.path() / kFolder));
}

}  // namespace
}  // namespace weir::connectors
