#include "connectors/platform/platform.h"

#include <random>

#include <fmt/format.h>

#include "base/test_seed.h"
#include "connectors/connector_fixture.h"
#include "connectors/platform/platform_kind.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;
using Lines = std::vector<std::string>;

constexpr auto kSegment = R"({"id": 7, "name": "Shoes", "type": "lookalike",
  "advertiser_id": 1, "region": "amer", "dsp": "xandr", "member_id": 958,
  "dsp_segment_id": 70, "min_size": 5, "max_size": 10, "active": true,
  "pixel_ids": [2,
    3], "colour": {"b": [1], "a": null},
  "definition": {"event": "conversion",
    "lookback_days": 14, "domains": ["shoes.example"]}})";

class PlatformTest : public ConnectorTest {
 protected:
  void ReadKind(const std::string& kind, const std::string& text) {
    Write("world/" + kind + ".json", text);
    ConnectorContext context =
        Context("platform", Direction::kIn, {{"path", "./world"}, {"objects", kind}});
    table_.Find("platform").Read(context);
  }

  std::string MistakesIn(const std::string& kind, const std::string& text) {
    return ErrorOf([&] { ReadKind(kind, text); });
  }

  // The segment with some fields in place of its own, on one line.
  static std::string SegmentWith(const Json& changes, const std::string& without = "") {
    Json segment = Json::parse(kSegment);
    segment.update(changes);
    segment.erase(without);
    return segment.dump();
  }
};

TEST_F(PlatformTest, AnObjectIsARowWithItsPlaces) {
  ReadKind("segments", fmt::format("[\n{}\n]", kSegment));

  EXPECT_EQ(Rows("SELECT id, name, type, advertiser_id, region, dsp, member_id, dsp_segment_id, "
                 "min_size, max_size, expiration_minutes, active, pixel_ids, event, lookback_days, "
                 "domains, definition, extra, file, line, lines['pixel_ids'], "
                 "lines['pixel_ids[1]'], lines['definition.lookback_days'] FROM rows"),
            Lines{"7|Shoes|lookalike|1|amer|xandr|958|70|5|10|NULL|true|[2, 3]|conversion|14|"
                  "[shoes.example]|{\"domains\":[\"shoes.example\"],\"event\":\"conversion\","
                  "\"lookback_days\":14}|{\"colour\":{\"a\":null,\"b\":[1]}}|world/segments.json|"
                  "2|5|6|8"});
}

TEST_F(PlatformTest, EveryKindHasTheColumnsThatItDeclares) {
  const std::map<std::string, std::string> samples = {
      {"advertisers", R"({"id": 1, "name": "a", "domains": [], "status": "active"})"},
      {"campaigns",
       R"({"id": 1, "advertiser_id": 2, "status": "x", "start": "2026-01-31", "member_id": 3})"},
      {"keywords", R"({"id": 1, "keyword": "k"})"},
      {"pixels", R"({"id": 1, "advertiser_id": 2, "kind": "landing", "url_pattern": "*"})"},
      {"segments", kSegment}};
  for (const std::string& kind : PlatformKindNames()) {
    ReadKind(kind, fmt::format("[{}]", samples.at(kind)));
    const auto columns = table_.Find("platform").Columns({{"objects", kind}});
    const Schema given = connection_.Describe("FROM rows");

    ASSERT_TRUE(columns);
    EXPECT_EQ(given.names(), columns->names());
    for (std::size_t column = 0; column < given.fields.size(); ++column) {
      EXPECT_EQ(ToText(given.fields[column].type), ToText(columns->fields[column].type));
    }
    EXPECT_EQ(Rows("SELECT id FROM rows").size(), 1);
  }
  EXPECT_FALSE(table_.Find("platform").Columns({{"objects", "people"}}));
}

TEST_F(PlatformTest, AFileWithoutObjectsHasNoRows) {
  ReadKind("keywords", "[]");

  EXPECT_EQ(Rows("SELECT * FROM rows"), Lines{});
}

TEST_F(PlatformTest, AMissingFileIsNamedWithThoseThatAreThere) {
  Write("world/pixels.json", "[]");
  const auto read = [&] {
    ConnectorContext context =
        Context("platform", Direction::kIn, {{"path", "world"}, {"objects", "segments"}});
    table_.Find("platform").Read(context);
  };

  EXPECT_EQ(ErrorOf(read),
            "world/segments.json: there is no such file; the platform's folder has pixels.json");
}

TEST_F(PlatformTest, AllMistakesOfAFileAreOneError) {
  const std::string text = fmt::format(
      "[{},\n{},\n{},\n{},\n7]", SegmentWith({{"id", "x7"}, {"active", 1}}),
      SegmentWith({{"pixel_ids", {1, "two", 3.5}}, {"min_size", nullptr}}, "dsp"),
      SegmentWith({{"definition", {{"event", 1}, {"lookback_days", "9"}, {"domains", {"a", 2}}}}}),
      SegmentWith({{"definition", "none"}, {"max_size", 1e300}}));

  EXPECT_EQ(MistakesIn("segments", text),
            "world/segments.json:1: id: found \"x7\"; a whole number is allowed\n"
            "world/segments.json:1: active: found 1; true or false is allowed\n"
            "world/segments.json:2: dsp: it is missing; text is needed\n"
            "world/segments.json:2: min_size: found null; a whole number is allowed\n"
            "world/segments.json:2: pixel_ids[1]: found \"two\"; a whole number is allowed\n"
            "world/segments.json:2: pixel_ids[2]: found 3.5; a whole number is allowed\n"
            "world/segments.json:3: definition.event: found 1; text is allowed\n"
            "world/segments.json:3: definition.lookback_days: found \"9\"; a whole number is "
            "allowed\n"
            "world/segments.json:3: definition.domains[1]: found 2; text is allowed\n"
            "world/segments.json:4: max_size: found 1e+300; a whole number is allowed\n"
            "world/segments.json:4: definition: found \"none\"; an object is allowed\n"
            "world/segments.json:5: found number; an object is allowed");
}

TEST_F(PlatformTest, ManyMistakesAreCounted) {
  std::string text = "[{}";
  for (int object = 1; object < 30; ++object) {
    text += ",\n{\"id\": 1.5}";
  }

  const std::string error = MistakesIn("keywords", text + "]");

  EXPECT_EQ(std::ranges::count(error, '\n'), 20);
  EXPECT_TRUE(error.ends_with("\nand 40 more")) << error;
}

TEST_F(PlatformTest, IdsStandOnceButThoseOfSegments) {
  EXPECT_EQ(MistakesIn("keywords",
                       "[{\"id\": 4, \"keyword\": \"a\"},\n{\"keyword\": \"b\",\n"
                       "\"id\": 4}]"),
            "world/keywords.json:3: id: 4 is the id of another one in world/keywords.json:1");

  ReadKind("segments", fmt::format("[{0}, {0}]", kSegment));
  EXPECT_EQ(Rows("SELECT count(*) FROM rows"), Lines{"2"});
}

TEST_F(PlatformTest, DefinitionsOfOtherTypesMayHoldAnything) {
  ReadKind("segments",
           fmt::format("[{}]", SegmentWith({{"type", "url"}, {"definition", {{"event", 5}}}})));

  EXPECT_EQ(Rows("SELECT definition, event FROM rows"), Lines{"{\"event\":5}|NULL"});
}

TEST_F(PlatformTest, SettingsAreCheckedWithoutData) {
  const Connector& platform = table_.Find("platform");

  EXPECT_EQ(StepMistakes(platform, Direction::kIn, {{"path", "a"}, {"objects", "segment"}}, 0),
            Lines{"setting 'objects' is 'segment'; allowed: advertisers, campaigns, keywords, "
                  "pixels, segments; did you mean 'segments'?"});
  EXPECT_EQ(
      StepMistakes(platform, Direction::kIn, {{"path", "http://x"}, {"objects", "pixels"}}, 0),
      Lines{"setting 'path' is 'http://x'; a folder of this machine is allowed"});
  EXPECT_EQ(StepMistakes(platform, Direction::kOut, {{"path", "a"}}, 1),
            Lines{"connector 'platform' only reads; give it `out`, not `in`"});
}

// Whatever is done to a sound file: rows, or an error that names a line of it.
TEST_F(PlatformTest, ChangedFilesGiveRowsOrAnErrorWithALine) {
  std::mt19937_64 random(TestSeed());
  const std::string sound = fmt::format("[\n{},\n{}\n]", kSegment, kSegment);
  const std::string pieces[] = {
      "{",    "}",  "[",   "]",      ",",    ":",       "\"",   "\n",
      "null", "-1", "1e9", "\"id\"", "\xc3", "\\u0000", "true", "9999999999999999999",
      "{}"};
  int errors = 0;
  for (int round = 0; round < 20 * TestRounds(); ++round) {
    std::string text = sound;
    for (std::uint64_t change = random() % 3 + 1; change > 0; --change) {
      const std::size_t at = random() % (text.size() + 1);
      text.replace(at, random() % 4, pieces[random() % std::size(pieces)]);
    }
    const std::string error = MistakesIn("segments", text);
    if (error == "nothing was thrown") {
      EXPECT_EQ(Rows("SELECT count(*) FROM rows").size(), 1);
    } else {
      ++errors;
      const auto last_line = std::ranges::count(text, '\n') + 1;
      ASSERT_TRUE(error.starts_with("world/segments.json:")) << error << "\n" << text;
      const int line = std::stoi(error.substr(std::string("world/segments.json:").size()));
      EXPECT_GE(line, 1);
      EXPECT_LE(line, last_line) << error << "\n" << text;
    }
  }
  EXPECT_GT(errors, 0);
}

}  // namespace
}  // namespace weir::connectors
