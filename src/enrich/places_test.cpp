// Countries, regions and places: against MaxMind's own test databases and the JSON that they were
// made of, the registries' delegations (ipverse), and the continents in MaxMind's data.
#include <algorithm>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "enrich/geo.h"
#include "enrich/junk_id.h"
#include "enrich/reference.h"
#include "enrich/region.h"

namespace weir::enrich {
namespace {

using nlohmann::json;

// The folder of MaxMind's test data, or nothing, which skips the test.
std::filesystem::path MaxMindFolder() {
  std::filesystem::path folder = SharedFile("maxmind-test-db");
  if (!std::filesystem::exists(folder)) {
    std::cout << "skipped: " << folder << " is missing\n";
    return {};
  }
  return folder;
}

std::string TextAt(const json& record, const json::json_pointer& path) {
  return record.contains(path) ? record.at(path).get<std::string>() : std::string();
}

// Every network of the JSON source must be found as its record says, at its first address, unless
// a smaller network inside says otherwise.
void CompareWithSource(const std::string& name) {
  const std::filesystem::path folder = MaxMindFolder();
  if (folder.empty()) {
    return;
  }
  const GeoDatabase database(folder / "test-data" / (name + ".mmdb"));
  GeoLookup lookup(database);
  std::size_t compared = 0;
  for (const json& entry : json::parse(ReadFile(folder / "source-data" / (name + ".json")))) {
    for (const auto& [network, record] : entry.items()) {
      const auto address = ParseIp(network.substr(0, network.find('/')));
      if (!address || IsSpecialPurpose(*address)) {
        continue;
      }
      const Place& place = lookup.Find(*address);
      EXPECT_EQ(place.country, TextAt(record, json::json_pointer("/country/iso_code"))) << network;
      EXPECT_EQ(place.city, TextAt(record, json::json_pointer("/city/names/en"))) << network;
      EXPECT_EQ(place.subdivision, TextAt(record, json::json_pointer("/subdivisions/0/iso_code")))
          << network;
      ++compared;
    }
  }
  EXPECT_GT(compared, 50U);
}

TEST(GeoTest, FindsWhatTheCityDatabaseWasMadeOf) { CompareWithSource("GeoIP2-City-Test"); }
TEST(GeoTest, FindsWhatTheCountryDatabaseWasMadeOf) { CompareWithSource("GeoLite2-Country-Test"); }

TEST(GeoTest, ReadsEveryRecordSizeAndFamily) {
  const std::filesystem::path folder = MaxMindFolder();
  if (folder.empty()) {
    return;
  }
  for (const char* name : {"ipv4-24", "ipv4-28", "ipv4-32", "ipv6-24", "mixed-24", "mixed-32"}) {
    const GeoDatabase database(folder / "test-data" / fmt::format("MaxMind-DB-test-{}.mmdb", name));
    GeoLookup lookup(database);
    EXPECT_EQ(lookup.Find(*ParseIp("1.1.1.1")), Place()) << name;
    EXPECT_EQ(lookup.Find(*ParseIp("2a00::1")), Place()) << name;
  }
}

TEST(GeoTest, ABrokenDatabaseIsAnErrorThatNamesIt) {
  const std::filesystem::path folder = MaxMindFolder();
  if (folder.empty()) {
    return;
  }
  EXPECT_THROW(GeoDatabase(folder / "README.md"), UserError);
  EXPECT_THROW(GeoDatabase("/nowhere.mmdb"), UserError);
}

TEST(GeoTest, SpecialPurposeAddressesAreNowhere) {
  const GeoDatabase database(DepsFile("geo/geo-whois-asn-country.mmdb"));
  GeoLookup lookup(database);
  for (const char* text : {"10.0.0.1", "192.168.1.1", "127.0.0.1", "::1", "fe80::1"}) {
    EXPECT_EQ(lookup.Find(*ParseIp(text)), Place()) << text;
  }
  EXPECT_EQ(lookup.Find(*ParseIp("8.8.8.8")).country, "US");
  EXPECT_EQ(lookup.Find(*ParseIp("8.8.8.9")).country, "US");
  EXPECT_EQ(lookup.Find(*ParseIp("2001:4860:4860::8888")).country, "US");
}

// Both lists follow the registries, at different days: most blocks must agree. A lookup that
// remembers gives what one gives that remembers nothing.
TEST(GeoTest, AgreesWithTheRegistriesOnMostBlocks) {
  const std::filesystem::path file = SharedFile("country-ip-blocks/ipv4_country.tsv");
  if (!std::filesystem::exists(file)) {
    std::cout << "skipped: " << file << " is missing\n";
    return;
  }
  const GeoDatabase database(DepsFile("geo/geo-whois-asn-country.mmdb"));
  GeoLookup lookup(database);
  std::istringstream lines(ReadFile(file));
  std::string line;
  std::getline(lines, line);
  constexpr std::size_t kFreshEvery = 100;
  std::size_t asked = 0;
  std::size_t agreed = 0;
  for (std::size_t number = 0; std::getline(lines, line); ++number) {
    const auto address = ParseIp(line.substr(0, line.find('/')));
    ASSERT_TRUE(address) << line;
    const std::string country = lookup.Find(*address).country;
    if (number % kFreshEvery == 0) {
      ASSERT_EQ(GeoLookup(database).Find(*address).country, country) << line;
    }
    asked += 1;
    agreed += country == line.substr(line.find('\t') + 1, 2) ? 1U : 0U;
  }
  std::cout << agreed << " of " << asked << " blocks agree\n";
  EXPECT_GT(agreed * 10, asked * 8);
}

Regions PackRegions() {
  const std::filesystem::path file =
      std::filesystem::path(WEIR_TEST_SCRIPTS) / "../../packs/adtech/reference/regions.tsv";
  return {ReadFile(file), "regions.tsv"};
}

TEST(RegionTest, AmericanAreTheCountriesOfTheTwoAmericanContinents) {
  const std::filesystem::path folder = MaxMindFolder();
  if (folder.empty()) {
    return;
  }
  const Regions regions = PackRegions();
  std::map<std::string, std::string> continents;
  for (const char* name : {"GeoLite2-Country-Test", "GeoIP2-City-Test", "GeoIP2-Country-Test"}) {
    for (const json& entry :
         json::parse(ReadFile(folder / fmt::format("source-data/{}.json", name)))) {
      for (const auto& [network, record] : entry.items()) {
        const std::string country = TextAt(record, json::json_pointer("/country/iso_code"));
        const std::string continent = TextAt(record, json::json_pointer("/continent/code"));
        if (!country.empty() && !continent.empty()) {
          continents[country] = continent;
        }
      }
    }
  }
  EXPECT_GT(continents.size(), 30U);
  for (const auto& [country, continent] : continents) {
    const bool is_american = continent == "NA" || continent == "SA";
    EXPECT_EQ(regions.Of(country), is_american ? "amer" : "emeaApac") << country;
  }
}

TEST(RegionTest, TheUnknownCountryIsUnderTheStricterLaw) {
  const Regions regions = PackRegions();
  for (const char* country : {"", "ZZ", "us", "U", "USA", "\xc3\x84"}) {
    EXPECT_EQ(regions.Of(country), "emeaApac") << country;
  }
  EXPECT_EQ(regions.Of("US"), "amer");
}

TEST(RegionTest, MistakesAreNamedWithTheirLine) {
  const std::map<std::string, std::string> messages = {
      {"land\tregion\n",
       "r.tsv:1: the header is 'land\tregion'; expected 'country' and 'region' with a tab between"},
      {"country\tregion\nUS\tamer\nus\tamer\n",
       "r.tsv:3: country 'us' is not two capital letters (ISO 3166 alpha-2)"},
      {"country\tregion\nUS\temea\n",
       "r.tsv:2: region 'emea' of US is unknown; allowed: amer, emeaApac"},
      {"country\tregion\nUS\n", "r.tsv:2: region '' of US is unknown; allowed: amer, emeaApac"},
      {"country\tregion\r\nUS\tamer\r\nUS\tamer\r\n", "r.tsv:3: country US stands there twice"}};
  for (const auto& [text, message] : messages) {
    try {
      const Regions regions(text, "r.tsv");
      ADD_FAILURE() << text;
    } catch (const UserError& error) {
      EXPECT_EQ(std::string(error.what()), message);
    }
  }
}

TEST(JunkIdTest, KnowsTheListedIdsInAnyCaseAndWithSpace) {
  for (const char* id :
       {"", " ", "0", "-1", "null", "NULL", " Null\t", "none", "undefined", "NaN", "optout",
        "OPT-OUT", "opted-out", "0000", "00000000-0000-0000-0000-000000000000", "-0-"}) {
    EXPECT_TRUE(IsJunkId(id)) << id;
  }
  for (const char* id : {"1", "-2", "nul", "nulls", "0a", "00000000-0000-0000-0000-000000000001",
                         "opt_out", "-", "--", "a0", "\xc2\xa0", "undefinedx"}) {
    EXPECT_FALSE(IsJunkId(id)) << id;
  }
}

}  // namespace
}  // namespace weir::enrich
