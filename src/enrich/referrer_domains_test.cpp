// What is read without a parser, against the parser.
#include "enrich/referrer_domains.h"

#include <array>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "enrich/plain_url.h"
#include "enrich/reference.h"

namespace weir::enrich {
namespace {

std::string RandomReferrer(std::mt19937_64& random) {
  constexpr std::array<std::string_view, 24> kPieces = {
      "https://", "http://",       "ftp://", "example", "www", ".",    ".",         ".",   "com",
      "co.uk",    "xn--bcher-kva", "xn--",   "-",       "1",   "0x7f", "127.0.0.1", ":80", "@",
      "/",        "/path?a=b#c",   "?",      "#",       "A",   "%41"};
  std::string text = random() % 8 == 0 ? "" : "https://";
  for (std::uint64_t left = random() % 7; left > 0; --left) {
    text += kPieces.at(random() % kPieces.size());
  }
  return text;
}

TEST(ReferrerDomainsTest, AHostReadWithoutTheParserIsTheParsersHost) {
  std::mt19937_64 random(TestSeed());
  UrlParser parser;
  int read = 0;
  for (int round = 0; round < TestRounds() * 5000; ++round) {
    const std::string text = RandomReferrer(random);
    const std::string_view host = PlainHost(text);
    if (host.empty()) {
      continue;
    }
    const std::string trimmed = "\t" + text;  // is read by the parser, which drops the tab
    const auto parsed = parser.Parse(trimmed);
    ASSERT_TRUE(parsed) << text;
    ASSERT_EQ(host, parsed->host) << text;
    ++read;
  }
  EXPECT_GT(read, TestRounds() * 100);
  EXPECT_EQ(PlainHost("https://www.example.com/page"), "www.example.com");
}

TEST(ReferrerDomainsTest, GivesTheRegistrableDomain) {
  const PublicSuffixList suffixes(ReadFile(DepsFile("public-suffix-list/public_suffix_list.dat")));
  HostDomains hosts(suffixes);
  ReferrerDomains domains(hosts);
  EXPECT_EQ(domains.Find("https://www.bbc.co.uk/news"), "bbc.co.uk");
  EXPECT_EQ(domains.Find("https://WWW.Example.COM:8080/x"), "example.com");
  EXPECT_EQ(domains.Find("android-app://com.example"), "");
  EXPECT_EQ(domains.Find("example.com"), "");
  EXPECT_EQ(domains.Find(""), "");
}

}  // namespace
}  // namespace weir::enrich
