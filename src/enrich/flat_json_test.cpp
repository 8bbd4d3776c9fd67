#include "enrich/flat_json.h"

#include <array>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/test_seed.h"

namespace weir::enrich {
namespace {

using nlohmann::json;

TEST(FlatJsonTest, ReadsTextsNumbersAndWordsInOrder) {
  FlatJson flat;

  ASSERT_TRUE(flat.Read(R"( { "a" : "x y" , "b":-1.50,"a":null,"":"" } )"));

  ASSERT_EQ(flat.fields().size(), 4);
  EXPECT_EQ(flat.fields()[0].value, "x y");
  EXPECT_EQ(flat.fields()[1].value, "-1.50");
  EXPECT_EQ(flat.fields()[1].kind, FlatField::Kind::kNumber);
  EXPECT_EQ(flat.fields()[2].name, "a");
  EXPECT_EQ(flat.fields()[2].kind, FlatField::Kind::kWord);
  EXPECT_EQ(flat.fields()[3].name, "");
}

TEST(FlatJsonTest, LeavesUnusualLinesToAnother) {
  FlatJson flat;
  for (const char* line : {"",
                           "{}",
                           "[]",
                           "{\"a\":[]}",
                           "{\"a\":{}}",
                           "{\"a\":\"\\n\"}",
                           "{\"a\":\"\xc3\xa9\"}",
                           "{\"a\":\"\t\"}",
                           "{\"a\":1e2}",
                           "{\"a\":01}",
                           "{\"a\":-0}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":1234567890123456}",
                           "{\"a\":nul}",
                           "{\"a\":nullx}",
                           "{\"a\":\"b}",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{a:1}",
                           "{\"a\":1}}",
                           "{\"a\":1} x",
                           "{\"a\":1 2}",
                           "{\"a\":\"b\"c\"d\"}"}) {
    EXPECT_FALSE(flat.Read(line)) << line;
  }
}

// Pieces of JSON at random: what is read is what nlohmann reads.
TEST(FlatJsonTest, RandomPiecesAreReadAsNlohmannReadsThem) {
  constexpr std::array<std::string_view, 24> kPieces = {
      "\"a\":", "\"b\":", ",",     ",",        "\"text\"", "\"longer than sixteen\"",
      "\"\"",   "1",      "-2.50", "0",        "null",     "true",
      " ",      "\"",     ":",     "}",        "{",        "[1]",
      "1e5",    "\\",     "\x7f",  "\xc3\xa9", "-",        "7"};
  std::mt19937_64 random(TestSeed());
  FlatJson flat;
  int read = 0;
  for (int round = 0; round < TestRounds() * 20000; ++round) {
    std::string line = "{\"ts\":";
    for (std::uint64_t left = random() % 6 + 1; left > 0; --left) {
      line += kPieces.at(random() % kPieces.size());
    }
    line += "}";
    if (!flat.Read(line)) {
      continue;
    }
    ++read;
    const json expected = json::parse(line, nullptr, false);
    ASSERT_TRUE(expected.is_object()) << line;
    json found = json::object();
    for (const FlatField& field : flat.fields()) {
      const std::string value(field.value);
      found[std::string(field.name)] =
          field.kind == FlatField::Kind::kText ? json(value) : json::parse(value);
    }
    ASSERT_EQ(found, expected) << line;
  }
  EXPECT_GT(read, TestRounds() * 100);
}

}  // namespace
}  // namespace weir::enrich
