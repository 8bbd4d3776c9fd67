#include "lake/text_value.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "sql/database.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

// Compares with DuckDB, whose casts say what a text is worth.
class TextValueTest : public testing::Test {
 protected:
  // Of each text whether DuckDB finds `sql`, over column t, to be true.
  std::vector<bool> Ask(const std::vector<std::string>& texts, const std::string& sql) {
    std::vector<bool> answers;
    const std::string select = fmt::format("SELECT coalesce({}, false) FROM (SELECT unnest({}) t)",
                                           sql, sql::QuoteTexts(texts));
    for (const auto& row : connection_.Query(select).Rows()) {
      answers.push_back(std::get<bool>(row[0]));
    }
    return answers;
  }

  int Below(int end) { return std::uniform_int_distribution(0, end - 1)(random_); }

  std::string Digits(int most) {
    std::string digits;
    for (int i = Below(most + 1); i > 0; --i) {
      digits += static_cast<char>('0' + Below(3) * Below(6) % 10);
    }
    return digits;
  }

  // "-12.50": whole digits, then perhaps a point and digits.
  std::string Number() {
    const std::string sign = Below(3) == 0 ? "-" : "";
    return sign + Digits(11) + static_cast<char>('0' + Below(10)) +
           (Below(2) == 0 ? "." + Digits(8) : "");
  }

  std::string Day() { return fmt::format("{:04}-{:02}-{:02}", Below(10000), Below(14), Below(33)); }

  std::string Time() {
    constexpr const char* kZones[] = {"", "Z", "+01:30", "-07", "+0530", "+1", "X"};
    return fmt::format("{}{}{:02}:{:02}:{:02}{}{}", Day(), Below(2) == 0 ? "T" : " ", Below(24),
                       Below(62), Below(61), Below(2) == 0 ? "." + Digits(6) : "",
                       kZones[Below(7)]);
  }

  template <typename Make>
  std::vector<std::string> Many(Make make) {
    std::vector<std::string> texts(2000);
    std::ranges::generate(texts, make);
    return texts;
  }

  std::mt19937_64 random_{TestSeed()};
  sql::Database database_{{.memory_bytes = 0, .threads = 1, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

TEST_F(TextValueTest, NumbersFitWhereTheirCastHasTheSameValue) {
  const auto texts = Many([&] { return Number(); });
  for (const DataType& type :
       {PlainType(TypeKind::kByte), PlainType(TypeKind::kShort), PlainType(TypeKind::kInteger),
        PlainType(TypeKind::kLong), DecimalOf(4, 2), DecimalOf(10, 0), DecimalOf(18, 6)}) {
    const auto expected =
        Ask(texts, fmt::format("TRY_CAST(TRY_CAST(t AS {}) AS DECIMAL(38,12)) = t::DECIMAL(38,12)",
                               ToText(type)));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      ASSERT_EQ(FitsText(texts[i], type), expected[i]) << texts[i] << " as " << ToText(type);
    }
  }
}

TEST_F(TextValueTest, WholeNumbersFitFloatingOnesThatAreExactlyThem) {
  const auto texts =
      Many([&] { return Digits(6) + Digits(6) + Digits(6) + static_cast<char>('0' + Below(10)); });
  for (const DataType& type : {PlainType(TypeKind::kFloat), PlainType(TypeKind::kDouble)}) {
    const auto expected =
        Ask(texts, fmt::format("t::{}::DECIMAL(38,0) = t::DECIMAL(38,0)", ToText(type)));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      ASSERT_EQ(FitsText(texts[i], type), expected[i]) << texts[i] << " as " << ToText(type);
    }
  }
}

TEST_F(TextValueTest, DaysAndTimesFitWhereTheCalendarHasThem) {
  const auto days = Many([&] { return Day(); });
  const auto times = Many([&] { return Time(); });
  const auto are_days = Ask(days, "TRY_CAST(t AS DATE) IS NOT NULL");
  const auto are_times = Ask(times, "TRY_CAST(t AS TIMESTAMPTZ) IS NOT NULL");
  for (std::size_t i = 0; i < days.size(); ++i) {
    ASSERT_EQ(FitsText(days[i], PlainType(TypeKind::kDate)), are_days[i]) << days[i];
    const bool fits = FitsText(times[i], PlainType(TypeKind::kTimestamp));
    ASSERT_TRUE(!fits || are_times[i]) << times[i];
    ASSERT_FALSE(FitsText(times[i], PlainType(TypeKind::kDate))) << times[i];
  }
}

TEST_F(TextValueTest, TextsAreNamedByTheirTypes) {
  const std::vector<std::pair<std::string, std::string>> named{
      {"12", "BIGINT"},
      {"-1.50", "DECIMAL(3,2)"},
      {"1e3", "DOUBLE"},
      {"true", "BOOLEAN"},
      {"2026-01-02", "DATE"},
      {"2026-02-30", "VARCHAR"},
      {"", "VARCHAR"},
      {".", "VARCHAR"},
      {"1.2.3", "VARCHAR"},
      {"1e", "VARCHAR"},
      {"9223372036854775808", "DECIMAL(19,0)"},
      {"2026-01-02 03:04:05Z", "TIMESTAMP WITH TIME ZONE"},
      {"1e999", "VARCHAR"}};
  for (const auto& [text, name] : named) {
    EXPECT_EQ(TypeNameOf(text), name) << text;
  }
}

TEST_F(TextValueTest, ALongTextIsShownUpToAWholeLetter) {
  EXPECT_EQ(ShownText("it"), "'it'");
  EXPECT_EQ(ShownText(std::string(59, 'a') + "ää"), "'" + std::string(59, 'a') + "…'");
}

}  // namespace
}  // namespace weir::lake
