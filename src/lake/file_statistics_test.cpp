#include "lake/file_statistics.h"

#include <gtest/gtest.h>

namespace weir::lake {
namespace {

std::string Json(const DataType& type, const std::string& min, const std::string& max,
                 bool has_nan = false) {
  const Schema schema{{{.name = "c", .type = type}}};
  const WrittenColumns columns = {
      {"\"c\"", {.min = min, .max = max, .null_count = 0, .has_nan = has_nan}}};
  return StatisticsJson(schema, columns, 2, 32);
}

std::string Expected(const std::string& min, const std::string& max) {
  const auto object = [](const std::string& value) {
    return value.empty() ? std::string("{}") : "{\"c\":" + value + "}";
  };
  return R"({"numRecords":2,"minValues":)" + object(min) + R"(,"maxValues":)" + object(max) +
         R"(,"nullCount":{"c":0}})";
}

TEST(StatisticsJson, KeepsEveryDigitOfNumbers) {
  EXPECT_EQ(Json(PlainType(TypeKind::kLong), "-9223372036854775808", "9223372036854775807"),
            Expected("-9223372036854775808", "9223372036854775807"));
  EXPECT_EQ(Json(DecimalOf(38, 2), "-0.01", "999999999999999999999999999999999999.99"),
            Expected("-0.01", "999999999999999999999999999999999999.99"));
}

TEST(StatisticsJson, RoundsTimestampsOutward) {
  EXPECT_EQ(Json(PlainType(TypeKind::kTimestamp), "1969-12-31 23:59:59.9999+00",
                 "2026-01-01 00:00:00.000001+00"),
            Expected("\"1969-12-31T23:59:59.999Z\"", "\"2026-01-01T00:00:00.001Z\""));
}

TEST(StatisticsJson, BoundsZeroOfEitherSign) {
  EXPECT_EQ(Json(PlainType(TypeKind::kDouble), "0.0", "-0.0"), Expected("-0.0", "0.0"));
}

TEST(StatisticsJson, LeavesOutWhatHasNoBoundInJson) {
  EXPECT_EQ(Json(PlainType(TypeKind::kDouble), "-inf", "inf"), Expected("", ""));
  EXPECT_EQ(Json(PlainType(TypeKind::kDouble), "1.5", "2.5", true), Expected("1.5", ""));
  EXPECT_EQ(Json(PlainType(TypeKind::kBoolean), "0", "1"), Expected("", ""));
  EXPECT_EQ(Json(PlainType(TypeKind::kBinary), "00", "01"), Expected("", ""));
  EXPECT_EQ(Json(PlainType(TypeKind::kDate), "-infinity", "0044-03-15 (BC)"), Expected("", ""));
}

TEST(StatisticsJson, CutsLongTextsToValidBounds) {
  std::string long_text;
  for (int i = 0; i < 40; ++i) {
    long_text += "é";
  }
  const std::string prefix = long_text.substr(0, 64);

  EXPECT_EQ(Json(PlainType(TypeKind::kString), long_text, long_text),
            Expected("\"" + prefix + "\"", "\"" + prefix + "\xF4\x8F\xBF\xBF\""));
  EXPECT_EQ(Json(PlainType(TypeKind::kString), "a\"\n", prefix),
            Expected(R"("a\"\n")", "\"" + prefix + "\""));
}

TEST(StatisticsJson, HasNoMaximumWhereNoneIsShortAndGreatEnough) {
  std::string greatest;
  for (int i = 0; i < 40; ++i) {
    greatest += "\xF4\x8F\xBF\xBF";
  }

  EXPECT_EQ(Json(PlainType(TypeKind::kString), "a", greatest), Expected("\"a\"", ""));
}

TEST(StatisticsJson, NestsStructsAndStopsAfterTheIndexedColumns) {
  const DataType number = PlainType(TypeKind::kLong);
  const Schema schema{
      {{.name = "s",
        .type = StructOf({{.name = "x", .type = number}, {.name = "y", .type = number}})},
       {.name = "l", .type = ArrayOf(number)},
       {.name = "z", .type = number}}};
  const WrittenColumn one{.min = "1", .max = "1", .null_count = 0};
  const WrittenColumns columns = {{"\"s\".\"x\"", one}, {"\"s\".\"y\"", one}, {"\"z\"", one}};

  EXPECT_EQ(StatisticsJson(schema, columns, 1, 1),
            R"({"numRecords":1,"minValues":{"s":{"x":1}},"maxValues":{"s":{"x":1}},)"
            R"("nullCount":{"s":{"x":0}}})");
  EXPECT_EQ(StatisticsJson(schema, columns, 1, -1),
            R"({"numRecords":1,"minValues":{"s":{"x":1,"y":1},"z":1},)"
            R"("maxValues":{"s":{"x":1,"y":1},"z":1},"nullCount":{"s":{"x":0,"y":0},"z":0}})");
  EXPECT_EQ(StatisticsJson(schema, columns, 1, 0),
            R"({"numRecords":1,"minValues":{},"maxValues":{},"nullCount":{}})");
}

}  // namespace
}  // namespace weir::lake
