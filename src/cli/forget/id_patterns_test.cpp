#include "cli/forget/id_patterns.h"

#include <algorithm>
#include <cctype>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "sql/database.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

bool IsLetterOrDigit(char byte) { return std::isalnum(static_cast<unsigned char>(byte)) != 0; }

bool IsHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char byte) { return std::isxdigit(static_cast<unsigned char>(byte)) != 0; });
}

// Whether an escape sign ends where an id begins: its letters aren't a part of the token.
bool EndsInEscape(std::string_view before) {
  const auto ends_in = [&](std::string_view mark, std::size_t digits) {
    return before.size() >= mark.size() + digits &&
           before.substr(before.size() - digits - mark.size(), mark.size()) == mark &&
           IsHex(before.substr(before.size() - digits));
  };
  const bool is_short = before.size() >= 2 && before[before.size() - 2] == '\\' &&
                        std::string_view("bfnrt").find(before.back()) != std::string::npos;
  return is_short || ends_in("%", 2) || ends_in("\\u", 4) || ends_in("\\x", 2);
}

// The slow, obvious version: every place of the id, with what stands beside it.
bool IsTokenIn(std::string_view text, std::string_view id) {
  for (std::size_t at = text.find(id); at != std::string::npos; at = text.find(id, at + 1)) {
    const std::size_t end = at + id.size();
    const bool begins = !IsLetterOrDigit(id.front()) || at == 0 || !IsLetterOrDigit(text[at - 1]) ||
                        EndsInEscape(text.substr(0, at));
    const bool ends =
        !IsLetterOrDigit(id.back()) || end == text.size() || !IsLetterOrDigit(text[end]);
    if (begins && ends) {
      return true;
    }
  }
  return false;
}

std::string RandomText(std::mt19937_64& random, std::string_view signs, std::size_t longest) {
  std::string text;
  for (std::size_t size = random() % longest + 1; text.size() < size;) {
    text += signs[random() % signs.size()];
  }
  return text;
}

bool HoldsInSql(sql::Connection& connection, const IdPatterns& patterns, TextKind kind,
                const std::string& text) {
  return connection.QueryInteger(fmt::format("SELECT count(*) FROM (SELECT {} AS t) WHERE {}",
                                             sql::QuoteText(text),
                                             patterns.Condition(kind, "t"))) == 1;
}

TEST(IdPatternsTest, FindsWholeTokensAsASlowSearchDoes) {
  std::mt19937_64 random(TestSeed());
  sql::Database database({.memory_bytes = 256 << 20, .threads = 2, .spill_folder = {}});
  sql::Connection connection = database.Connect();
  int num_found = 0;

  for (int round = 0; round < 600; ++round) {
    // Few signs, so that ids stand beside and inside of others; the marks need no escape anywhere.
    const std::string id =
        "ab1;" + RandomText(random, "a1;", 3) + "1ab" + RandomText(random, "b;", 1);
    std::string text = RandomText(random, "a1; %\\n", 6);
    text += (random() % 2 == 0 ? id : id.substr(0, id.size() - 1)) + RandomText(random, "a1; ", 3);
    text += random() % 2 == 0 ? "%2F" + id : RandomText(random, "a%n", 3);
    ASSERT_TRUE(IsDistinctive(id)) << id;
    const IdPatterns patterns({id});

    const bool expected = IsTokenIn(text, id);
    num_found += expected ? 1 : 0;

    EXPECT_EQ(patterns.StandIn(TextKind::kBytes, text), expected) << id << " in " << text;
    EXPECT_EQ(patterns.StandIn(TextKind::kMessage, text), expected) << id << " in " << text;
    EXPECT_EQ(HoldsInSql(connection, patterns, TextKind::kBytes, text), expected)
        << id << " in " << text;
    EXPECT_FALSE(patterns.StandIn(TextKind::kMessage, patterns.Without(TextKind::kMessage, text)))
        << id << " in " << text;
    EXPECT_EQ(patterns.Without(TextKind::kMessage, text) != text, expected) << id << " in " << text;
  }
  EXPECT_GT(num_found, 100);
  EXPECT_LT(num_found, 500);
}

TEST(IdPatternsTest, KnowsIdsThatCouldBeAnythingElse) {
  for (const char* id :
       {"6392124210493696287", "0123456789abcdef", "id:with;marks",
        "38400000-8cf0-11bd-b23e-10b96e40000d", "\"quoted\"", "caf\xc3\xa9-caf\xc3\xa9"}) {
    EXPECT_TRUE(IsDistinctive(id)) << id;
  }
  // Numbers, days, times in microseconds, names of jobs and columns, one sign.
  for (const char* id : {"43200", "1", "2026-01-09", "1767830400000000", "user_ids_mapper",
                         "conversion", "hello", ";", ";;;;;;;;;", "a;b"}) {
    EXPECT_FALSE(IsDistinctive(id)) << id;
  }
}

TEST(IdPatternsTest, TakesAWordOrANumberForAnIdOnlyWhereIdsStand) {
  const IdPatterns patterns({"43200", "hello"});

  for (const char* text : {"43200", "hello", R"("43200")", "hello world"}) {
    EXPECT_FALSE(patterns.StandIn(TextKind::kBytes, text)) << text;
  }
  for (const char* text :
       {R"({"uid":"43200","ts":1})", R"({"ids":[{"party":"af","id": "hello"}]})",
        R"("user_id\":\"hello\")", "https://a.b/sync?uid=hello&x=1", R"({"uid": 43200})"}) {
    EXPECT_TRUE(patterns.StandIn(TextKind::kForeignLine, text)) << text;
  }
  for (const char* text : {R"({"pixel_id":"43200"})", R"({"uid":"432001"})", "order_id=hello",
                           R"({"event":"hello"})", "1\t7001\tadd\t0\t43200\t3"}) {
    EXPECT_FALSE(patterns.StandIn(TextKind::kForeignLine, text)) << text;
  }
  for (const char* text :
       {"user 'hello' is no number", "bad user hello", "user '43200' has no number"}) {
    EXPECT_TRUE(patterns.StandIn(TextKind::kMessage, text)) << text;
  }
  for (const char* text : {"43200 rows break it", "othello", "hello2 is bad"}) {
    EXPECT_FALSE(patterns.StandIn(TextKind::kMessage, text)) << text;
  }
  EXPECT_EQ(patterns.Without(TextKind::kMessage, "hello hello, '43200' of 43200 rows"),
            "(forgotten) (forgotten), '(forgotten)' of 43200 rows");
}

TEST(IdPatternsTest, TakesANumberForAnIdWhereADestinationTellsOfUsers) {
  sql::Database database({.memory_bytes = 256 << 20, .threads = 2, .spill_folder = {}});
  sql::Connection connection = database.Connect();
  const IdPatterns patterns({"4013681496264948", "hello"});
  const auto stands = [&](const std::string& text) {
    const bool found = patterns.StandIn(TextKind::kErrorLine, text);
    EXPECT_EQ(HoldsInSql(connection, patterns, TextKind::kErrorLine, text), found) << text;
    return found;
  };

  for (const char* text :
       {"4013681496264948: user is unknown", "4013681496264948", "4013681496264948\tunknown",
        "line 7: no such user\n4013681496264948 unknown", "unknown user 4013681496264948: line 3",
        "bad '4013681496264948'", "hello: unknown", "who is hello"}) {
    EXPECT_TRUE(stands(text)) << text;
  }
  for (const char* text :
       {"40136814962649481: unknown", "14013681496264948: unknown", "a4013681496264948: unknown",
        "line 4013681496264948 of 5", "5: sent 4013681496264948 bytes", "othello: unknown"}) {
    EXPECT_FALSE(stands(text)) << text;
  }
  EXPECT_FALSE(patterns.StandIn(TextKind::kMessage, "4013681496264948: user is unknown"));
}

TEST(IdPatternsTest, FindsIdsAsJsonCsvAndUrlsWriteThem) {
  const IdPatterns patterns({"id:\"with;marks"});

  for (const char* text :
       {R"({"x":"id:\"with;marks"})", R"({"stats":"{\"x\":\"id:\\\"with;marks\"}"})",
        R"("id:""with;marks",1:2:3,)", "/sync?u=id%3A%22with%3Bmarks",
        "/sync?u=id%3a%22with%3bmarks"}) {
    EXPECT_TRUE(patterns.StandIn(TextKind::kBytes, text)) << text;
  }
}

TEST(IdPatternsTest, FindsNothingWithoutIds) {
  const IdPatterns patterns({});

  EXPECT_FALSE(patterns.StandIn(TextKind::kMessage, "anybody"));
  EXPECT_EQ(patterns.Condition(TextKind::kMessage, "line"), "false");
}

}  // namespace
}  // namespace weir::cli
