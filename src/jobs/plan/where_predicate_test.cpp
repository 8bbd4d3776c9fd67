#include "jobs/plan/where_predicate.h"

#include <random>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::jobs {
namespace {

TEST(WherePredicatesTest, WhatIsRememberedIsWhatIsReadAnew) {
  std::mt19937 random(TestSeed());
  const std::vector<Schema> tables = {
      {{Field{.name = "region", .type = PlainType(TypeKind::kString)},
        Field{.name = "number", .type = PlainType(TypeKind::kLong)}}},
      {{Field{.name = "region", .type = PlainType(TypeKind::kString)},
        Field{.name = "number", .type = PlainType(TypeKind::kString)}}}};
  const std::vector<std::string> conditions = {"region = 'amer'", "number = '7'",
                                               "number IN ('1', '2') AND region <> 'x'"};
  WherePredicates kept;
  for (int i = 0; i < 20; ++i) {
    const Schema& table = tables[random() % tables.size()];
    const std::string& condition = conditions[random() % conditions.size()];

    EXPECT_TRUE(kept.Read(table, condition) == WherePredicates().Read(table, condition))
        << condition;
  }
}

TEST(WherePredicatesTest, AConditionIsReadAsItStands) {
  const Schema table{{Field{.name = "region", .type = PlainType(TypeKind::kString)}}};
  WherePredicates predicates;

  for (const std::string region : {"amer", "apac", "amer"}) {
    const std::string text = ToText(predicates.Read(table, "region = '" + region + "'"));
    EXPECT_NE(text.find("region = " + region), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace weir::jobs
