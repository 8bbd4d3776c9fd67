#include "project/substitution.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"

namespace weir::project {
namespace {

using Kind = SubstitutionValue::Kind;

Substitutions Values() {
  return {{"ds", {.kind = Kind::kText, .text = "2026-01-05"}},
          {"start", {.kind = Kind::kTimestamp, .text = "2026-01-05T00:00:00Z"}},
          {"region", {.kind = Kind::kText, .text = "amer"}},
          {"var.name", {.kind = Kind::kText, .text = "O'Neil"}},
          {"var.n", {.kind = Kind::kLiteral, .text = "7"}},
          {"table.calls", {.kind = Kind::kName, .text = "calls"}}};
}

TEST(Substitution, FillsSqlWithLiterals) {
  EXPECT_EQ(FillSql("SELECT {var.name}, {var.n} FROM {table.calls} WHERE d = {ds} AND t >= {start}",
                    Values()),
            "SELECT 'O''Neil', 7 FROM \"calls\" WHERE d = '2026-01-05' AND t >= TIMESTAMPTZ "
            "'2026-01-05T00:00:00Z'");
}

TEST(Substitution, FillsTextAsItIs) {
  EXPECT_EQ(FillText("/data/{ds}/{region}/{var.name}", Values()), "/data/2026-01-05/amer/O'Neil");
}

TEST(Substitution, TouchesOnlyKnownNames) {
  EXPECT_EQ(FillSql(R"({'a': 1} \p{L} {other} {{ds} {{{ds} {ds {} {var.} {1})", Values()),
            R"({'a': 1} \p{L} {other} {ds} {'2026-01-05' {ds {} {var.} {1})");
}

TEST(Substitution, FillsNamesOnlyWithPlainValues) {
  EXPECT_EQ(FillName("metastore.mapping_{region}", Values()), "metastore.mapping_amer");
  EXPECT_EQ(FillName("t{var.n}", Values()), "t7");
  try {
    FillName("t_{ds}", Values());
    FAIL();
  } catch (const UserError& problem) {
    EXPECT_STREQ(problem.what(),
                 "'2026-01-05' can't be part of a name: only letters, digits and '_' are allowed "
                 "there");
  }
  try {
    FillName("t_{regoin}", Values());
    FAIL();
  } catch (const UserError& problem) {
    EXPECT_STREQ(problem.what(),
                 "'t_{regoin}': unknown name {regoin}; allowed: ds, region, start, table.calls, "
                 "var.n, var.name; did you mean 'region'?");
  }
}

TEST(Substitution, ListsTheNamesOfAText) {
  const auto names = BracedNames("{a} {{b} {c.d} {e f} {9}");

  ASSERT_EQ(names.size(), 2U);
  EXPECT_EQ(names[0].name, "a");
  EXPECT_EQ(names[0].begin, 0U);
  EXPECT_EQ(names[0].end, 3U);
  EXPECT_EQ(names[1].name, "c.d");
}

// Texts of pieces whose filled form is known piece by piece.
TEST(Substitution, FillsAnyMixOfPieces) {
  struct Piece {
    std::string text;
    std::string filled;
  };
  const std::vector<Piece> pieces = {{"{ds}", "2026-01-05"},   {"{{", "{"},        {"}", "}"},
                                     {"{x}", "{x}"},           {"plain", "plain"}, {"'", "'"},
                                     {"{var.name}", "O'Neil"}, {"{ ", "{ "},       {"\n", "\n"}};
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() * 50; ++round) {
    std::string text;
    std::string expected;
    for (int i = 0; i < 12; ++i) {
      const Piece& piece = pieces[random() % pieces.size()];
      text += piece.text;
      expected += piece.filled;
    }
    EXPECT_EQ(FillText(text, Values()), expected) << text;
  }
}

TEST(PlaceBeforeFillSql, FindsEachByteOfTheTextThatStays) {
  const Substitutions values = {{"ds", {.text = "2026-01-05"}}, {"var.n", {.text = "it's"}}};
  const std::string text = "a {ds} b {{ c {var.n} d {other} e";
  const std::string filled = FillSql(text, values);

  for (const char letter : std::string("abcde")) {
    EXPECT_EQ(PlaceBeforeFillSql(text, values, filled.find(std::string(1, letter))),
              letter == 'd' ? text.find(" d ") + 1 : text.find(letter))
        << letter;
  }
  EXPECT_EQ(PlaceBeforeFillSql(text, values, filled.find("01-05")), text.find("{ds}"));
  EXPECT_EQ(PlaceBeforeFillSql(text, values, filled.size()), text.size());
}

}  // namespace
}  // namespace weir::project
