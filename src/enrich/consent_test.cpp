// Against npm @iabtechlabtcf/core, IAB Europe's own library: strings that it made, and random ones
// that it makes and judges while the test runs (where there is node).
#include "enrich/consent.h"

#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "enrich/reference.h"

namespace weir::enrich {
namespace {

struct Vector {
  std::string text;
  bool is_granted;
  std::string why;
};

// Made by tests/enrich/consent_reference.mjs with version 1.5.21 of the library.
const std::vector<Vector> kVectors = {
    {"CQuCLYAQuCLYAAfACAENBkEgALAAAAAAAAYgAQAAAAAEAAAAAAAA", true, "exactly what is asked"},
    {"CQuCLYAQuCLYAAfACAENBkEgAP_AAAAAAAYgFeQA4AAgAEACABXgACFAAAAA.IFeQA4AAgAEACABXgAAA", true,
     "more than is asked, in ranges, and a second segment"},
    {"CQuCLYAQuCLYAAfACAENBkEgAKAAAAAAAAYgAQAAAAAEAAAAAAAA", false, "purpose 4 is missing"},
    {"CQuCLYAQuCLYAAfACAENBkEgALAAAAAAAAYgAQgAAAAKAEAAAAABAAAA", false,
     "vendor 32 has legitimate interest only"},
    {"CQuCLYAQuCLYAAfACAENBkEgALAAAAAAAAYgAQAAAAAEAAAAIYACACAA", false,
     "purpose 3 isn't allowed for vendor 32"},
    {"CQuCLYAQuCLYAAfACAENBkEgALAAAAAAAAYgAQAAAAAEAAAAIcACACAA", false,
     "purpose 3 by legitimate interest only"},
    {"CQuCLYAQuCLYAAfACAENBkEgALAAAAAAAAYgAQAAAAAEAAAAQSACACAMACAA-ACE", true,
     "restrictions of others and of another kind"},
    {"CQuCLYAQuCLYAAfACAENBkEgALAAAAAAAAYgAAAAAAAA", false, "no vendor"},
};

TEST(ConsentTest, GrantsWhatTheStringsOfTheLibraryGrant) {
  ConsentReader reader({});
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(reader.Grants(vector.text), vector.is_granted) << vector.why;
  }
}

// The example of the IAB's own documentation: purposes 1, 2, 3 and vendors 2, 6, 8.
TEST(ConsentTest, ReadsThePublishedExample) {
  const std::string text =
      "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAA"
      "CEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw";
  for (int vendor = 1; vendor <= 10; ++vendor) {
    const bool is_there = vendor == 2 || vendor == 6 || vendor == 8;
    EXPECT_EQ(ConsentReader({.vendor = vendor, .purposes = {1, 2, 3}}).Grants(text), is_there);
    EXPECT_FALSE(ConsentReader({.vendor = vendor, .purposes = {4}}).Grants(text));
  }
}

// Its fields take 213 + 49 + 17 + 12 bits, which end in the 49th character; the rest fills up.
TEST(ConsentTest, AStringThatWasCutGrantsNothing) {
  ConsentReader reader({});
  const std::string& text = kVectors[0].text;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    EXPECT_EQ(reader.Grants(text.substr(0, size)), size >= 49) << size;
  }
}

TEST(ConsentTest, MalformedStringsGrantNothing) {
  ConsentReader reader({});
  const std::string good = kVectors[0].text;
  EXPECT_TRUE(reader.Grants(good));
  for (const std::string& text :
       {std::string(), std::string("."), " " + good, good + "=", "B" + good.substr(1),
        good.substr(0, 10) + "!" + good.substr(11), std::string(5000, 'A')}) {
    EXPECT_FALSE(reader.Grants(text)) << text;
  }
}

TEST(ConsentTest, RandomStringsAreJudgedAsTheLibraryJudgesThem) {
  const std::string node = FindProgram("node");
  if (node.empty() || !std::filesystem::exists(DepsFile("iabtcf-core"))) {
    std::cout << "skipped: node or .deps/iabtcf-core is missing\n";
    return;
  }
  std::mt19937_64 random(TestSeed());
  const auto draw = [&](std::uint64_t most, std::uint64_t greatest) {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t left = random() % (most + 1); left > 0; --left) {
      numbers.push_back(random() % greatest + 1);
    }
    return numbers;
  };
  std::vector<std::string> input;
  for (int round = 0; round < TestRounds() * 10; ++round) {
    std::vector<std::uint64_t> purposes = {1, 3, 4};
    purposes.resize(random() % 8 == 0 ? 2 : 3);
    std::vector<std::uint64_t> vendors = draw(random() % 3 == 0 ? 300 : 6, 700);
    if (random() % 8 != 0) {
      vendors.push_back(32);
    }
    std::string restrictions;
    for (std::uint64_t left = random() % 4; left > 0; --left) {
      restrictions += fmt::format("{}[{},{},{}]", restrictions.empty() ? "" : ",",
                                  random() % 11 + 1, random() % 3, random() % 4 + 30);
    }
    input.push_back(fmt::format(
        R"({{"purposes":[{}],"vendors":[{}],"interests":[{}],"restrictions":[{}],"disclosed":{},"vendor":32,"asked":[1,3,4]}})",
        fmt::join(purposes, ","), fmt::join(vendors, ","), fmt::join(draw(40, 700), ","),
        restrictions, random() % 2 == 0));
  }

  const std::vector<std::string> output =
      AskScript(fmt::format("WEIR_DEPS={} {}", WEIR_DEPS, node), "consent_reference.mjs", input);

  ASSERT_EQ(output.size(), input.size());
  ConsentReader reader({});
  int granted = 0;
  for (std::size_t index = 0; index < output.size(); ++index) {
    const std::size_t tab = output[index].find('\t');
    const bool is_granted = output[index].substr(tab + 1) == "1";
    EXPECT_EQ(reader.Grants(output[index].substr(0, tab)), is_granted) << input[index] << '\n'
                                                                       << output[index];
    granted += is_granted ? 1 : 0;
  }
  EXPECT_GT(granted, 0);
  EXPECT_LT(granted, static_cast<int>(output.size()));
}

TEST(ConsentTest, AsksForConsentWhereTheLawDoes) {
  for (const char* country : {"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE",
                              "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT",
                              "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO", "GB", "CH", ""}) {
    EXPECT_TRUE(NeedsConsent(country)) << country;
  }
  for (const char* country : {"US", "BR", "RS", "TR", "UA", "RU", "AL", "JP", "ZZ"}) {
    EXPECT_FALSE(NeedsConsent(country)) << country;
  }
}

TEST(ConsentTest, RulesOutOfRangeAreRefused) {
  EXPECT_THROW(ConsentReader({.vendor = 0, .purposes = {1}}), UserError);
  EXPECT_THROW(ConsentReader({.vendor = 65536, .purposes = {1}}), UserError);
  EXPECT_THROW(ConsentReader({.vendor = 1, .purposes = {25}}), UserError);
}

}  // namespace
}  // namespace weir::enrich
