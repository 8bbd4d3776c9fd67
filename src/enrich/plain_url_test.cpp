// What is read without a parser, against the parser.
#include "enrich/plain_url.h"

#include <string>

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "enrich/host_domains.h"
#include "enrich/random_url.h"
#include "enrich/reference.h"

namespace weir::enrich {
namespace {

TEST(PlainUrlTest, IsWhatTheParserMakesOfIt) {
  RandomUrl random(TestSeed());
  UrlParser parser;
  int read = 0;
  for (int round = 0; round < TestRounds() * 20000; ++round) {
    const std::string text = random.Make();
    const auto plain = ReadPlainUrl(text);
    if (!plain) {
      continue;
    }
    ++read;
    const std::string trimmed = "\t" + text;  // is never plain; the standard drops the tab
    const auto parsed = parser.Parse(trimmed);
    ASSERT_TRUE(parsed) << text;
    ASSERT_EQ(plain->normalised, parsed->normalised) << text;
    ASSERT_EQ(plain->host, parsed->host) << text;
    ASSERT_EQ(plain->path, parsed->path) << text;
    ASSERT_EQ(plain->query, parsed->query) << text;
  }
  EXPECT_GT(read, TestRounds() * 100);
}

TEST(HostDomainsTest, RemembersNothingWrong) {
  const PublicSuffixList list(ReadFile(DepsFile("public-suffix-list/public_suffix_list.dat")));
  HostDomains hosts(list);
  RandomUrl random(TestSeed());
  UrlParser parser;
  for (int round = 0; round < TestRounds() * 5000; ++round) {
    const std::string text = random.Make();
    const auto url = parser.Parse(text);
    if (!url) {
      continue;
    }
    for (int time = 0; time < 2; ++time) {
      const HostParts parts = hosts.Find(url->host);
      ASSERT_EQ(url->host.substr(parts.domain), list.RegistrableDomain(url->host)) << text;
      ASSERT_EQ(url->host.substr(parts.suffix), list.PublicSuffix(url->host)) << text;
    }
  }
}

}  // namespace
}  // namespace weir::enrich
