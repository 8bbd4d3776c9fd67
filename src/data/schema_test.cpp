#include "data/schema.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

const DataType kByte = PlainType(TypeKind::kByte);
const DataType kInteger = PlainType(TypeKind::kInteger);
const DataType kLong = PlainType(TypeKind::kLong);
const DataType kFloat = PlainType(TypeKind::kFloat);
const DataType kDouble = PlainType(TypeKind::kDouble);
const DataType kText = PlainType(TypeKind::kString);

Field Named(std::string name, DataType type) {
  return {.name = std::move(name), .type = std::move(type)};
}

TEST(SameName, IgnoresTheCaseOfAsciiLettersOnly) {
  EXPECT_TRUE(SameName("User_ID", "user_id"));
  EXPECT_FALSE(SameName("user", "user_id"));
  EXPECT_FALSE(SameName("É", "é"));
  EXPECT_FALSE(SameName("[", "{"));
}

TEST(Schema, FindsColumnsWithoutRegardToCase) {
  const Schema schema{.fields = {Named("Id", kLong), Named("name", kText)}};

  EXPECT_EQ(schema.Find("ID"), &schema.fields[0]);
  EXPECT_EQ(schema.Find("nam"), nullptr);
  EXPECT_EQ(schema.names(), (std::vector<std::string>{"Id", "name"}));
}

TEST(ToText, WritesTypesAsDuckDbDoes) {
  EXPECT_EQ(ToText(PlainType(TypeKind::kTimestamp)), "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(ToText(DecimalOf(38, 10)), "DECIMAL(38,10)");
  EXPECT_EQ(ToText(ArrayOf(ArrayOf(kInteger))), "INTEGER[][]");
  EXPECT_EQ(ToText(MapOf(kText, kDouble)), "MAP(VARCHAR, DOUBLE)");
  EXPECT_EQ(ToText(ArrayOf(StructOf({Named("a", kInteger), Named("b \"c\"", kText)}))),
            "STRUCT(\"a\" INTEGER, \"b \"\"c\"\"\" VARCHAR)[]");
}

TEST(WidensTo, TakesEveryTypeToItself) {
  for (int kind = 0; kind <= static_cast<int>(TypeKind::kTimestampNtz); ++kind) {
    const DataType type = PlainType(static_cast<TypeKind>(kind));
    EXPECT_TRUE(WidensTo(type, type)) << kind;
  }
}

TEST(WidensTo, TakesNumbersToTypesThatHoldAllOfThem) {
  EXPECT_TRUE(WidensTo(kByte, kLong));
  EXPECT_TRUE(WidensTo(kInteger, kDouble));
  EXPECT_TRUE(WidensTo(kFloat, kDouble));
  EXPECT_TRUE(WidensTo(kByte, DecimalOf(3, 0)));
  EXPECT_TRUE(WidensTo(kLong, DecimalOf(21, 2)));
  EXPECT_TRUE(WidensTo(DecimalOf(10, 2), DecimalOf(12, 4)));
}

TEST(WidensTo, RefusesTypesThatHoldFewer) {
  EXPECT_FALSE(WidensTo(kLong, kInteger));
  EXPECT_FALSE(WidensTo(kLong, kDouble));
  EXPECT_FALSE(WidensTo(kDouble, kFloat));
  EXPECT_FALSE(WidensTo(kInteger, kFloat));
  EXPECT_FALSE(WidensTo(kByte, DecimalOf(2, 0)));
  EXPECT_FALSE(WidensTo(kByte, DecimalOf(3, 1)));
  EXPECT_FALSE(WidensTo(DecimalOf(10, 2), DecimalOf(10, 3)));
  EXPECT_FALSE(WidensTo(DecimalOf(10, 2), DecimalOf(11, 1)));
  EXPECT_FALSE(WidensTo(kInteger, kText));
  EXPECT_FALSE(WidensTo(PlainType(TypeKind::kDate), PlainType(TypeKind::kTimestamp)));
  EXPECT_FALSE(WidensTo(PlainType(TypeKind::kTimestampNtz), PlainType(TypeKind::kTimestamp)));
}

TEST(WidensTo, GoesThroughNestedTypesPartByPart) {
  const DataType narrow = StructOf({Named("A", kInteger)});
  const DataType wide = StructOf({Named("b", kText), Named("a", kLong)});

  EXPECT_TRUE(WidensTo(ArrayOf(kInteger), ArrayOf(kLong)));
  EXPECT_TRUE(WidensTo(MapOf(kInteger, narrow), MapOf(kLong, wide)));
  EXPECT_TRUE(WidensTo(narrow, wide));
  EXPECT_FALSE(WidensTo(wide, narrow));
  EXPECT_FALSE(WidensTo(ArrayOf(kInteger), kInteger));
  EXPECT_FALSE(WidensTo(ArrayOf(kLong), ArrayOf(kInteger)));
  EXPECT_FALSE(WidensTo(ArrayOf(kInteger), MapOf(kInteger, kInteger)));
}

}  // namespace
}  // namespace weir
