#include <random>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "lake/actions.h"
#include "lake/random_actions.h"

namespace weir::lake {
namespace {

std::string ColumnOf(const std::string& type) {
  return R"({"type":"struct","fields":[{"name":"c","type":)" + type +
         R"(,"nullable":true,"metadata":{}}]})";
}

std::string SchemaError(const std::string& json) {
  try {
    ParseSchemaJson(json);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SchemaJson, IsReadBackForAnySchema) {
  Random random(TestSeed());
  for (int i = 0; i < TestRounds() * 50; ++i) {
    const Schema schema = RandomSchema(random);
    ASSERT_EQ(ParseSchemaJson(SchemaToJson(schema)), schema);
  }
}

TEST(SchemaJson, IsWrittenAsTheProtocolsExample) {
  const Schema schema{
      .fields = {{.name = "a", .type = {.kind = TypeKind::kInteger, .children = {}}},
                 {.name = "b", .type = ArrayOf(DecimalOf(10, 2))}}};

  EXPECT_EQ(SchemaToJson(schema),
            R"json({"type":"struct","fields":[{"name":"a","type":"integer","nullable":true,)json"
            R"json("metadata":{}},{"name":"b","type":{"type":"array","elementType":)json"
            R"json("decimal(10,2)","containsNull":true},"nullable":true,"metadata":{}}]})json");
}

TEST(ParseSchemaJson, FillsInWhatWritersLeaveOut) {
  const Schema schema =
      ParseSchemaJson(R"({"type":"struct","fields":[{"name":"c","type":"decimal"}]})");

  EXPECT_EQ(schema.fields.at(0).type, DecimalOf(10, 0));
  EXPECT_TRUE(schema.fields.at(0).nullable);
  EXPECT_EQ(schema.fields.at(0).metadata, "{}");
}

TEST(ParseSchemaJson, NamesTheColumnWhoseTypeItDoesNotKnow) {
  EXPECT_EQ(SchemaError(ColumnOf(R"("variant")")),
            "column \"c\" has type 'variant', which weir does not know");
  EXPECT_EQ(SchemaError(ColumnOf(R"({"type":"array","elementType":{"type":"udt"}})")),
            "column \"c.element\" has type 'udt', which weir does not know");
  for (const char* type : {"decimal(39,0)", "decimal(5,6)", "decimal(5,-1)", "decimal(5)",
                           "decimal(5,2", "decimal(,2)", "decimal(5,2))", "decimal()", ""}) {
    EXPECT_NE(SchemaError(ColumnOf('"' + std::string(type) + '"')).find("column \"c\""),
              std::string::npos)
        << type;
  }
}

TEST(ParseSchemaJson, RefusesTypesThatAreNestedWithoutEnd) {
  constexpr int kLevels = 1000;
  std::string front;
  std::string back;
  for (int i = 0; i < kLevels; ++i) {
    front += R"({"type":"array","elementType":)";
    back += R"(,"containsNull":true})";
  }
  const std::string type = front + R"("long")" + back;
  EXPECT_EQ(SchemaError(ColumnOf(type)), "column \"c\" is nested more than 100 deep");
}

TEST(ParseSchemaJson, RefusesCorruptTextAtEveryByte) {
  Random random(TestSeed());
  const std::string json = SchemaToJson(RandomSchema(random));
  for (std::size_t length = 0; length < json.size(); ++length) {
    ASSERT_NE(SchemaError(json.substr(0, length)), "no error") << length;
  }
  for (std::size_t i = 0; i < json.size(); ++i) {
    std::string changed = json;
    changed[i] = static_cast<char>(random());
    EXPECT_NO_FATAL_FAILURE(SchemaError(changed));
  }
}

}  // namespace
}  // namespace weir::lake
