#include "base/sealed_text.h"

#include <set>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(SealedText, ComesBackWithTheKeyAndPurposeAlone) {
  for (const std::string& text : {std::string(), std::string("af:1"), std::string(3000, 'x')}) {
    const std::string sealed = SealText(text, "key", "walk");
    EXPECT_EQ(OpenSealedText(sealed, "key", "walk"), text);
    EXPECT_EQ(OpenSealedText(sealed, "other", "walk"), std::nullopt);
    EXPECT_EQ(OpenSealedText(sealed, "key", "other"), std::nullopt);
  }
}

TEST(SealedText, ShowsNothingAndIsNeverTheSame) {
  std::set<std::string> sealed;
  for (int i = 0; i < 100; ++i) {
    sealed.insert(SealText("AAAAAAAAAAAAAAAAAAAAAAAA", "key", "walk"));
  }
  EXPECT_EQ(sealed.size(), 100U);
  EXPECT_EQ(sealed.begin()->find("4141"), std::string::npos);
}

TEST(SealedText, OfWhichAnyDigitWasChangedIsNone) {
  const std::string sealed = SealText("af:1", "key", "walk");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = changed[at] == '0' ? '1' : '0';
    EXPECT_EQ(OpenSealedText(changed, "key", "walk"), std::nullopt) << at;
    EXPECT_EQ(OpenSealedText(sealed.substr(0, at), "key", "walk"), std::nullopt) << at;
  }
  for (const char* text : {"", "zz", "0", "{}"}) {
    EXPECT_EQ(OpenSealedText(text, "key", "walk"), std::nullopt);
  }
}

}  // namespace
}  // namespace weir
