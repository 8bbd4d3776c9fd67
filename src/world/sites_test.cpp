#include "world/sites.h"

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <set>

#include <gtest/gtest.h>
#include <libpsl.h>

#include "world/philox.h"

namespace weir::world {
namespace {

WorldOptions Options() {
  WorldOptions options;
  options.rates = DefaultRates();
  return options;
}

TEST(Sites, DomainsAreRegistrableByThePublicSuffixList) {
  const auto path =
      std::filesystem::path(WEIR_SHARED_DATA) / "public-suffix-list" / "public_suffix_list.dat";
  if (!std::filesystem::exists(path)) {
    std::cout << "skipped: " << path << " is missing\n";
    return;
  }
  const std::unique_ptr<psl_ctx_t, decltype(&psl_free)> list(psl_load_file(path.c_str()), psl_free);
  ASSERT_NE(list, nullptr);
  const Sites sites(Options());
  std::set<std::string> seen;

  const auto check = [&](const std::string& domain) {
    const std::string host = "www." + domain;
    const char* found = psl_registrable_domain(list.get(), host.c_str());
    EXPECT_STREQ(found, domain.c_str());
    EXPECT_TRUE(seen.insert(domain).second) << domain;
  };
  for (const Site& site : sites.sites()) {
    check(site.domain);
  }
  for (const Advertiser& advertiser : sites.advertisers()) {
    check(advertiser.domain);
  }
}

TEST(Sites, EveryWishFindsASiteThatThePartnersSee) {
  WorldOptions options = Options();
  options.sites = 100;
  const Sites sites(options);

  for (std::uint8_t topic = 0; topic < kNumTopics; ++topic) {
    for (std::size_t language = 0; language < kNumLanguages; ++language) {
      for (const Sight sight : {Sight::kSt, Sight::kTt, Sight::kBoth}) {
        for (const std::uint32_t draw : {0U, 1U << 31, ~0U}) {
          const Site& site = sites.sites()[sites.PickSite(
              {.topic = topic, .language = static_cast<Language>(language), .sight = sight}, draw)];
          EXPECT_TRUE(site.topic == topic || site.topic == kEveryTopic);
          EXPECT_EQ(site.language, static_cast<Language>(language));
          EXPECT_TRUE(site.st_sees || sight == Sight::kTt);
          EXPECT_TRUE(site.tt_sees || sight == Sight::kSt);
        }
      }
    }
  }
}

TEST(Sites, PagesAreTheSameEachTimeAndTellTheirTopic) {
  for (std::uint32_t number = 0; number < 200; ++number) {
    const Page page = {.site = 7, .number = number, .topic = 3, .in_section = true};
    std::string once;
    std::string twice;
    AppendPath(page, once);
    AppendPath(page, twice);

    EXPECT_EQ(once, twice);
    EXPECT_TRUE(once.starts_with("/food/")) << once;
  }
}

}  // namespace
}  // namespace weir::world
