#include "connectors/run_files/run_files.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "connectors/connector_fixture.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Lines = std::vector<std::string>;

class RunFilesTest : public ConnectorTest {
 protected:
  // A run of the day; its files say `state`.
  std::string Send(const std::string& day, int state, const Json& more = Json::object()) {
    connection_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE rows AS SELECT {} AS state, i AS id FROM range(3) t(i) "
        "ORDER BY hash(i)",
        state));
    connection_.Run("CREATE OR REPLACE TEMP TABLE names AS SELECT 'a,b' AS name");
    Json settings{{"path", "out"}, {"day", day}};
    settings.update(more);
    ConnectorContext context = Context("run_files", Direction::kOut, settings);
    context.relations = {{"first", "rows"}, {"second", "names"}};
    context.run_id = fmt::format("job.{}.{}", day, state);
    return table_.Find("run_files").Send(context).identity;
  }

  Lines Names(const std::string& folder) const {
    Lines names;
    for (const auto& entry : fs::directory_iterator(folder_.path() / folder)) {
      if (entry.path().filename() != ".lock") {
        names.push_back(entry.path().filename().string());
      }
    }
    std::ranges::sort(names);
    return names;
  }

  Json Pointer() const { return Json::parse(Contents("out/latest.json")); }
};

TEST_F(RunFilesTest, WritesAllFilesAndThePointer) {
  Send("2026-01-05", 1);

  EXPECT_EQ(Names("out"), (Lines{"job.2026-01-05.1", "latest", "latest.json"}));
  EXPECT_EQ(Contents("out/job.2026-01-05.1/first.tsv"), "state\tid\n1\t0\n1\t1\n1\t2\n");
  EXPECT_EQ(Contents("out/job.2026-01-05.1/second.tsv"), "name\na,b\n");
  EXPECT_EQ(Pointer(),
            Json::parse(R"({"format": 1, "folder": "job.2026-01-05.1", "ds": "2026-01-05",
              "run_id": "job.2026-01-05.1", "files": [
              {"name": "first.tsv", "size": 21, "lines": 4, "sha256":
               "2c36620594d231c9e957c267e914f72238cf23dc314bbf10b408a5115cd7f816"}, {"name": "second.tsv", "size": 9, "lines": 2, "sha256":
               "85604b50cce544468b0d2535e22a2495e925ade93e95e3908773547428b0a0f5"}]})"));
  EXPECT_EQ(Contents("out/latest.json"), Contents("out/job.2026-01-05.1/_MANIFEST.json"));
  EXPECT_EQ(Names("out/latest"), (Lines{"_MANIFEST.json", "first.tsv", "second.tsv"}));
  EXPECT_EQ(Contents("out/latest/first.tsv"), Contents("out/job.2026-01-05.1/first.tsv"));
}

TEST_F(RunFilesTest, AnOlderDayIsNotWritten) {
  Send("2026-01-06", 1);
  const std::string identity = Send("2026-01-05", 2);

  EXPECT_EQ(identity, "nothing, out has a later day than 2026-01-05");
  EXPECT_EQ(Names("out"), (Lines{"job.2026-01-06.1", "latest", "latest.json"}));
  EXPECT_EQ(Pointer().at("folder"), "job.2026-01-06.1");

  Send("2026-01-06", 3);  // the same day again
  EXPECT_EQ(Pointer().at("folder"), "job.2026-01-06.3");
  EXPECT_EQ(Contents("out/latest/first.tsv"), "state\tid\n3\t0\n3\t1\n3\t2\n");
}

TEST_F(RunFilesTest, TheNewestRunsAreKeptAndOthersLeftAlone) {
  Write("out/of-somebody/first.tsv", "x");
  for (int run = 8; run <= 11; ++run) {  // the number at the end counts, not its first digit
    Send("2026-01-05", run, {{"keep", 3}});
  }
  EXPECT_EQ(Names("out"), (Lines{"job.2026-01-05.10", "job.2026-01-05.11", "job.2026-01-05.9",
                                 "latest", "latest.json", "of-somebody"}));

  Send("2026-01-06", 1, {{"keep", 2}});
  EXPECT_EQ(Names("out"), (Lines{"job.2026-01-05.11", "job.2026-01-06.1", "latest", "latest.json",
                                 "of-somebody"}));
}

TEST_F(RunFilesTest, TheNewestFilesMayLieElsewhere) {
  Write("elsewhere/.newest.weir-job.2026-01-04.1/first.tsv", "of a writer that was killed");
  Write("elsewhere/.of-others.weir-x/first.tsv", "x");

  Send("2026-01-05", 1, {{"latest", "elsewhere/newest/"}});

  EXPECT_EQ(Names("out"), (Lines{"job.2026-01-05.1", "latest.json"}));
  EXPECT_EQ(Names("elsewhere"), (Lines{".of-others.weir-x", "newest"}));
  EXPECT_EQ(Contents("elsewhere/newest/first.tsv"), Contents("out/job.2026-01-05.1/first.tsv"));
}

TEST_F(RunFilesTest, KeysOfAColumnBecomeColumns) {
  const auto send = [&](const std::string& extras) {
    connection_.Run("CREATE OR REPLACE TEMP TABLE wide AS SELECT id, e AS extra FROM (VALUES " +
                    extras + ") t(id, e)");
    ConnectorContext context =
        Context("run_files", Direction::kOut,
                {{"path", "out"}, {"day", "2026-01-05"}, {"spread", "extra"}});
    context.relations = {{"wide", "wide"}};
    context.run_id = "job.1";
    table_.Find("run_files").Send(context);
    return Contents("out/latest/wide.tsv");
  };

  EXPECT_EQ(send("(2, NULL), (1, NULL)"), "id\n1\n2\n");
  EXPECT_EQ(
      send(R"((1, '{"tier": 3, "brand": "a\tb"}'), (2, NULL), (3, '{"a/~b": [1], "ID": null}'))"),
      "id\textra_ID\ta/~b\tbrand\ttier\n1\t\t\t\"a\tb\"\t3\n2\t\t\t\t\n3\t\t[1]\t\t\n");
}

TEST_F(RunFilesTest, ABrokenPointerIsWrittenAnew) {
  Write("out/latest.json", "{\"ds\": ");

  Send("2026-01-05", 1);

  EXPECT_EQ(Pointer().at("ds"), "2026-01-05");
}

TEST_F(RunFilesTest, WrongSettingsAreNamed) {
  EXPECT_EQ(ErrorOf([&] { Send("yesterday", 1); }),
            "setting 'day' is 'yesterday'; a day such as 2026-01-31 is allowed");
  EXPECT_EQ(ErrorOf([&] { Send("2026-01-05", 1, {{"path", "s3://bucket/x"}}); }),
            "setting 'path' is 's3://bucket/x'; a folder of this machine is allowed");
  EXPECT_EQ(ErrorOf([&] { Send("2026-01-05", 1, {{"latest", "s3://bucket/x"}}); }),
            "setting 'latest' is 's3://bucket/x'; a folder of this machine is allowed");
}

TEST_F(RunFilesTest, OtherConnectorsTakeOneRelation) {
  EXPECT_EQ(
      StepMistakes(table_.Find("files"), Direction::kOut, {{"path", "a.csv"}, {"sort_by", "a"}}, 2),
      Lines{"connector 'files' writes one relation; `in` names 2"});
  EXPECT_EQ(
      StepMistakes(table_.Find("run_files"), Direction::kOut, {{"path", "a"}, {"day", "{ds}"}}, 2),
      Lines{});
}

}  // namespace
}  // namespace weir::connectors
