// Files that other programs wrote: what their statistics may be trusted with.
#include "lake/stored_statistics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lake/file_statistics.h"
#include "lake/handmade_table.h"
#include "lake/scan.h"

namespace weir::lake {
namespace {

using Path = std::vector<std::string>;

ColumnBounds Bounds(const DataType& type, const std::string& stats, bool is_ours = false) {
  Metadata metadata;
  metadata.schema.fields = {{.name = "c", .type = type}};
  AddFile file = HandmadeAdd("a");
  file.stats = stats;
  if (is_ours) {
    file.tags[kStatisticsTag] = "1";
  }
  return BoundsOf(file, metadata, Path{"C"});
}

std::string MinMax(const std::string& min, const std::string& max) {
  return fmt::format(R"({{"numRecords":2,"minValues":{{"c":{}}},"maxValues":{{"c":{}}}}})", min,
                     max);
}

TEST(BoundsOf, KeepsEveryDigit) {
  const ColumnBounds bounds =
      Bounds(PlainType(TypeKind::kLong), MinMax("-9223372036854775808", " 9223372036854775807 "));

  EXPECT_EQ(bounds.min->text, "-9223372036854775808");
  EXPECT_EQ(bounds.max->text, "9223372036854775807");
  EXPECT_EQ(Bounds(DecimalOf(38, 2), MinMax("1", "99999999999999999999.01"), true).max->text,
            "99999999999999999999.01");
}

TEST(BoundsOf, DistrustsLongDecimalsOfOtherPrograms) {
  EXPECT_EQ(Bounds(DecimalOf(16, 2), MinMax("1", "2")).max, std::nullopt);
  EXPECT_EQ(Bounds(DecimalOf(15, 2), MinMax("1", "2")).max->text, "2");
}

TEST(BoundsOf, WidensTimestampsThatOtherProgramsCutToMilliseconds) {
  const std::string stats =
      MinMax("\"1970-01-01T00:00:00.001Z\"", "\"1970-01-01T00:00:00.002+00:00\"");

  EXPECT_EQ(Bounds(PlainType(TypeKind::kTimestamp), stats).min->text, "1");
  EXPECT_EQ(Bounds(PlainType(TypeKind::kTimestamp), stats).max->text, "2999");
  EXPECT_EQ(Bounds(PlainType(TypeKind::kTimestamp), stats, true).max->text, "2000");
}

TEST(BoundsOf, CountsNulls) {
  const auto bounds = [](const std::string& nulls) {
    return Bounds(PlainType(TypeKind::kLong),
                  R"({"numRecords":2,"nullCount":{"c":)" + nulls + "}}");
  };

  EXPECT_FALSE(bounds("0").may_hold_nulls);
  EXPECT_TRUE(bounds("0").may_hold_values);
  EXPECT_TRUE(bounds("1").may_hold_nulls);
  EXPECT_FALSE(bounds("2").may_hold_values);
}

TEST(BoundsOf, KnowsNothingWhereStatisticsAreMissingOrBroken) {
  for (const std::string stats :
       {"", "{", "x", "[]", "{}", R"({"minValues":3})", R"({"minValues":{"c":null}})",
        R"({"minValues":{"c":{"d":1}}})", R"({"minValues":{"c":[1]},"maxValues":{"c":tru)"}) {
    const ColumnBounds bounds = Bounds(PlainType(TypeKind::kLong), stats);
    EXPECT_EQ(bounds.min, std::nullopt) << stats;
    EXPECT_EQ(bounds.max, std::nullopt) << stats;
    EXPECT_TRUE(bounds.may_hold_nulls && bounds.may_hold_values) << stats;
  }
  EXPECT_EQ(Bounds(PlainType(TypeKind::kDate), MinMax("\"soon\"", "\"later\"")).max, std::nullopt);
}

TEST(BoundsOf, ReadsStructFieldsAndPartitionValues) {
  Metadata metadata;
  metadata.schema.fields = {
      {.name = "s", .type = StructOf({{.name = "X", .type = PlainType(TypeKind::kLong)}})},
      {.name = "p", .type = PlainType(TypeKind::kString)},
      {.name = "q", .type = PlainType(TypeKind::kString)}};
  metadata.partition_columns = {"p", "q"};
  AddFile file = HandmadeAdd("a");
  file.partition_values = {{"p", "é"}, {"q", std::nullopt}};
  file.stats = R"({"minValues":{"s":{"X":3}}})";

  EXPECT_EQ(BoundsOf(file, metadata, Path{"S", "x"}).min->text, "3");
  EXPECT_EQ(BoundsOf(file, metadata, Path{"p"}).max->text, "é");
  EXPECT_FALSE(BoundsOf(file, metadata, Path{"p"}).may_hold_nulls);
  EXPECT_FALSE(BoundsOf(file, metadata, Path{"q"}).may_hold_values);
  EXPECT_EQ(BoundsOf(file, metadata, Path{"s"}).min, std::nullopt);
  EXPECT_EQ(BoundsOf(file, metadata, Path{"unknown"}).min, std::nullopt);
}

TEST(BoundsOf, UndoesTheEscapesOfBinaryPartitionValues) {
  Metadata metadata;
  metadata.schema.fields = {{.name = "p", .type = PlainType(TypeKind::kBinary)}};
  metadata.partition_columns = {"p"};
  AddFile file = HandmadeAdd("a");
  file.partition_values = {{"p", "\\u0041\\u00ff"}};

  EXPECT_EQ(BoundsOf(file, metadata, Path{"p"}).min->text, "A\xFF");
}

TEST(StatisticsOf, GivesTheRowsIfTheyAreKnown) {
  AddFile file = HandmadeAdd("a");

  EXPECT_EQ(StatisticsOf(file).num_rows, 2);
  file.stats = "{\"numRecords\":";
  EXPECT_EQ(StatisticsOf(file).num_rows, std::nullopt);
}

}  // namespace
}  // namespace weir::lake
