// Against the C library's inet_pton and inet_ntop, and Python's module ipaddress.
#include "enrich/ip_address.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "enrich/ip_ranges.h"

namespace weir::enrich {
namespace {

// As the C library reads it; IPv4-mapped addresses unwrapped.
std::optional<IpAddress> LibraryParse(const std::string& text) {
  IpAddress address;
  if (inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) {
    return address;
  }
  address.is_v4 = false;
  if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) != 1) {
    return std::nullopt;
  }
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) {
    IpAddress inner;
    std::copy_n(address.bytes.begin() + 12, 4, inner.bytes.begin());
    return inner;
  }
  return address;
}

std::string RandomV6(std::mt19937_64& random) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::uint8_t& byte : bytes) {
    byte = random() % 2 == 0 ? 0 : static_cast<std::uint8_t>(random());
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

std::string RandomAddress(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return fmt::format("{}.{}.{}.{}", random() % 300, random() % 256, random() % 256,
                         random() % 256);
    case 1:
      return fmt::format("::ffff:{}.{}.{}.{}", random() % 256, random() % 256, random() % 256,
                         random() % 256);
    default:
      return RandomV6(random);
  }
}

void DamageAddress(std::mt19937_64& random, std::string& text) {
  constexpr std::string_view kCharacters = "0123456789abcdefABCDEF:.%/ g";
  for (std::uint64_t left = random() % 3; left > 0; --left) {
    const std::size_t index = random() % text.size();
    if (random() % 2 == 0) {
      text[index] = kCharacters[random() % kCharacters.size()];
    } else {
      text.insert(index, 1, kCharacters[random() % kCharacters.size()]);
    }
  }
}

TEST(IpAddressTest, ReadsExactlyWhatTheLibraryReads) {
  std::mt19937_64 random(TestSeed());
  int accepted = 0;
  for (int round = 0; round < TestRounds() * 5000; ++round) {
    std::string text = RandomAddress(random);
    DamageAddress(random, text);
    const auto expected = LibraryParse(text);
    ASSERT_EQ(ParseIp(text), expected) << text;
    accepted += expected ? 1 : 0;
  }
  EXPECT_GT(accepted, 1000);
}

TEST(IpAddressTest, WritesAsRfc5952Says) {
  // The library's text differs in one rule: it writes ::1.2.3.4 where RFC 5952 leaves the choice.
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() * 1000; ++round) {
    const std::string text = RandomV6(random);
    const auto address = ParseIp(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(ParseIp(ToText(*address)), address) << text;
    if (text.find('.') == std::string::npos) {
      ASSERT_EQ(ToText(*address), text);
    }
  }
  EXPECT_EQ(ToText(*ParseIp("2001:DB8:0:0:1:0:0:1")), "2001:db8::1:0:0:1");
  EXPECT_EQ(ToText(*ParseIp("2001:db8:0:1:1:1:1:1")), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(ToText(*ParseIp("::ffff:192.0.2.33")), "192.0.2.33");
}

TEST(IpAddressTest, TruncationKeepsThreeOctetsOrFortyEightBits) {
  EXPECT_EQ(ToText(Truncated(*ParseIp("203.0.113.255"))), "203.0.113.0");
  EXPECT_EQ(ToText(Truncated(*ParseIp("2001:db8:1234:5678:9abc:def0:1:2"))), "2001:db8:1234::");
  EXPECT_EQ(ToText(Truncated(*ParseIp("::ffff:203.0.113.255"))), "203.0.113.0");
}

// What Python 3.11's ipaddress calls private, loopback, link-local, multicast, unspecified or
// reserved; 100.64.0.0/10 and fec0::/10 are its is_global == False and is_site_local.
TEST(IpAddressTest, KnowsTheSpecialPurposeRanges) {
  for (const char* text : {"0.0.0.0",     "0.1.2.3",         "10.255.255.255",
                           "100.64.0.1",  "100.127.255.255", "127.0.0.1",
                           "169.254.1.1", "172.16.0.0",      "172.31.255.255",
                           "192.0.0.8",   "192.0.2.1",       "192.168.255.1",
                           "198.18.0.1",  "198.19.255.255",  "198.51.100.7",
                           "203.0.113.9", "224.0.0.1",       "239.1.2.3",
                           "240.0.0.1",   "255.255.255.255", "::",
                           "::1",         "fe80::1",         "febf::1",
                           "fec0::1",     "fc00::1",         "fdff::1",
                           "ff02::1",     "2001:db8::1",     "100::1",
                           "3fff::1",     "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(IsSpecialPurpose(*ParseIp(text))) << text;
  }
  for (const char* text : {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",
                           "100.63.255.255",  "100.128.0.0",     "126.255.255.255",
                           "128.0.0.1",       "172.15.255.255",  "172.32.0.0",
                           "192.0.1.0",       "192.0.3.0",       "192.167.1.1",
                           "198.17.255.255",  "198.20.0.0",      "203.0.112.255",
                           "203.0.114.0",     "223.255.255.255", "::2",
                           "2001:db7:ffff::", "2001:db9::",      "2a00::1",
                           "fbff::1",         "fe00::1",         "100:0:0:1::",
                           "2606:4700::1"}) {
    EXPECT_FALSE(IsSpecialPurpose(*ParseIp(text))) << text;
  }
}

TEST(IpRangesTest, HoldsBlocksOfBothFamilies) {
  const IpRanges ranges(
      "# crawlers\n203.0.113.128/25\r\n\n8.8.8.8  # one\n10.0.0.0/8\n10.1.0.0/16\n2001:db8::/33\n",
      "list");

  for (const char* text : {"203.0.113.128", "203.0.113.255", "8.8.8.8", "10.1.2.3", "10.255.0.1",
                           "2001:db8:7fff::1", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(ranges.Contains(*ParseIp(text))) << text;
  }
  for (const char* text : {"203.0.113.127", "203.0.114.0", "8.8.8.7", "8.8.8.9", "11.0.0.0",
                           "2001:db8:8000::", "808:808::", "a00::"}) {
    EXPECT_FALSE(ranges.Contains(*ParseIp(text))) << text;
  }
  EXPECT_FALSE(IpRanges().Contains(*ParseIp("1.2.3.4")));
}

TEST(IpRangesTest, NamesTheLineThatIsNone) {
  for (const char* line :
       {"203.0.113.0/33", "2001:db8::/129", "1.2.3", "1.2.3.4/", "1.2.3.4/-1", "x"}) {
    try {
      const IpRanges ranges(std::string("1.1.1.1\n") + line, "bots.txt");
      ADD_FAILURE() << line;
    } catch (const UserError& error) {
      EXPECT_EQ(std::string(error.what()),
                fmt::format("bots.txt:2: '{}' is no IP address and no block such as 203.0.113.0/24",
                            line));
    }
  }
}

}  // namespace
}  // namespace weir::enrich
