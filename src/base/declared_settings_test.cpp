#include "base/declared_settings.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir {
namespace {

using Json = nlohmann::json;

const std::vector<Setting>& Declared() {
  static const std::vector<Setting> kSettings{
      {.name = "path", .required = true},
      {.name = "format", .allowed = {"csv", "tsv"}},
      {.name = "limit", .type = SettingType::kInteger, .standard = 20, .least = 1, .most = 100},
      {.name = "header", .type = SettingType::kBoolean, .standard = true},
      {.name = "columns", .type = SettingType::kTexts},
      {.name = "environment", .type = SettingType::kObject},
      {.name = "share", .type = SettingType::kNumber, .least = 0}};
  return kSettings;
}

std::vector<std::string> Mistakes(const char* given) {
  return SettingMistakes(Declared(), Json::parse(given));
}

using Lines = std::vector<std::string>;

TEST(DeclaredSettings, NamesTheNearestOfAnUnknownOneAndWhatIsMissing) {
  EXPECT_EQ(Mistakes(R"({"formta": "csv"})"),
            (Lines{"unknown setting 'formta'; allowed: path, format, limit, header, columns, "
                   "environment, share; did you mean 'format'?",
                   "setting 'path' is missing; it must be a text"}));
}

TEST(DeclaredSettings, SaysWhatATypeAndAValueMustBe) {
  EXPECT_EQ(Mistakes(R"({"path": 1})"), Lines{"setting 'path' is 1; it must be a text"});
  EXPECT_EQ(Mistakes(R"({"path": "p", "format": "cvs"})"),
            Lines{"setting 'format' is 'cvs'; allowed: csv, tsv; did you mean 'csv'?"});
  EXPECT_EQ(Mistakes(R"({"path": "p", "limit": 0})"),
            Lines{"setting 'limit' is 0; allowed: 1 to 100"});
  EXPECT_EQ(Mistakes(R"({"path": "p", "limit": 1.5})"),
            Lines{"setting 'limit' is 1.5; it must be an integer"});
  EXPECT_EQ(Mistakes(R"({"path": "p", "share": -1})"),
            Lines{"setting 'share' is -1; allowed: at least 0"});
  EXPECT_EQ(Mistakes(R"({"path": "p", "columns": [1]})"),
            Lines{"setting 'columns' is [1]; it must be a list of texts"});
  EXPECT_EQ(Mistakes(R"({"path": "p", "environment": "x"})"),
            Lines{"setting 'environment' is \"x\"; it must be a mapping of names to texts"});
  EXPECT_EQ(Mistakes("[1]"), Lines{"settings are [1]; they must be a mapping of names to values"});
}

TEST(DeclaredSettings, ValuesThatAreFilledInLaterPass) {
  EXPECT_EQ(Mistakes(R"({"path": "{location.in}/x", "limit": "{var.n}", "format": "{var.f}"})"),
            Lines{});
}

TEST(DeclaredSettings, CompleteHasDefaultsAndTypedValues) {
  EXPECT_EQ(
      CompleteSettings(Declared(), Json::parse(R"({"path": "p", "limit": "7", "columns": "a"})")),
      Json::parse(R"({"path": "p", "limit": 7, "header": true, "columns": ["a"]})"));
}

TEST(DeclaredSettings, CompleteThrowsAllMistakes) {
  try {
    CompleteSettings(Declared(), Json::parse(R"({"limit": 0})"));
    ADD_FAILURE();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(),
                 "setting 'path' is missing; it must be a text\n"
                 "setting 'limit' is 0; allowed: 1 to 100");
  }
}

}  // namespace
}  // namespace weir
