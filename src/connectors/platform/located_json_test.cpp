#include "connectors/platform/located_json.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir::connectors {
namespace {

using Lines = std::vector<std::string>;
using Places = std::vector<std::pair<std::string, std::int64_t>>;

// "line: field: text" of each mistake.
Lines MistakesOf(std::string_view text) {
  Lines lines;
  for (const FileMistake& mistake : ReadLocatedArray(text).mistakes) {
    lines.push_back(std::to_string(mistake.line) + ": " + mistake.field + ": " + mistake.text);
  }
  return lines;
}

TEST(LocatedJsonTest, EveryPartHasItsLineInAnyLayout) {
  const std::string text =
      "\n[ {\"id\"\n:\n1\n,\"list\": [1,\n2\n, {\"a\":\n\"x\"}\n]\n}\r\n,\n{\"id\":2}]\n";

  const LocatedArray array = ReadLocatedArray(text);

  EXPECT_TRUE(array.mistakes.empty());
  ASSERT_EQ(array.objects.size(), 2);
  const LocatedObject& first = array.objects[0];
  EXPECT_EQ(first.value.dump(), R"({"id":1,"list":[1,2,{"a":"x"}]})");
  EXPECT_EQ(first.line, 2);
  EXPECT_EQ(Places(first.lines.begin(), first.lines.end()), (Places{{"id", 4},
                                                                    {"list", 5},
                                                                    {"list[0]", 5},
                                                                    {"list[1]", 6},
                                                                    {"list[2]", 7},
                                                                    {"list[2].a", 8}}));
  EXPECT_EQ(array.objects[1].line, 12);
  EXPECT_EQ(array.objects[1].lines.at("id"), 12);
}

TEST(LocatedJsonTest, WhatIsNoArrayOfObjectsIsTold) {
  EXPECT_EQ(
      MistakesOf("[{\"id\": 1},\n3,\n[4]]"),
      (Lines{"2: : found number; an object is allowed", "3: : found array; an object is allowed"}));
  EXPECT_EQ(MistakesOf("\n{\"a\": {}}"),
            Lines{"2: : found object; an array of objects is allowed"});
  EXPECT_EQ(MistakesOf("7"), Lines{"1: : found number; an array of objects is allowed"});
  EXPECT_EQ(MistakesOf("[{\"id\": 1,\n\"o\": {\"b\": 2,\n\"b\": 3}}]"),
            Lines{"3: o.b: stands here twice; once is allowed"});
}

TEST(LocatedJsonTest, BrokenJsonIsToldWithItsLine) {
  for (const auto& [text, line] :
       std::vector<std::pair<std::string, std::string>>{{"", "1"},
                                                        {"[{\"id\": 1,\n\n}]", "3"},
                                                        {"[{\"id\":\n1e999}]", "2"},
                                                        {"[\n{\"name\": \"\xff\"}]", "2"},
                                                        {"[]\n\n[]", "3"},
                                                        {"[\n" + std::string(100, '['), "2"}}) {
    const auto mistakes = MistakesOf(text);
    ASSERT_EQ(mistakes.size(), 1) << text;
    EXPECT_TRUE(mistakes[0].starts_with(line + ": : ")) << mistakes[0];
  }
}

}  // namespace
}  // namespace weir::connectors
