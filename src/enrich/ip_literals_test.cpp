// Against a slow finder that tries every piece of a text with the C library's parsers.
#include "enrich/ip_literals.h"

#include <array>
#include <random>
#include <string>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include "base/test_seed.h"
#include "enrich/json_fields.h"

namespace weir::enrich {
namespace {

constexpr std::size_t kNoLimit = 1U << 20U;

std::string Truncate(std::string_view line) { return WithTruncatedIps(line, kNoLimit); }

std::string Spell(int family, const std::uint8_t* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, bytes, text.data(), text.size());
  return text.data();
}

TEST(IpLiteralsTest, TruncatesLiteralsWhereverTheyStand) {
  EXPECT_EQ(Truncate(R"({"ip":"203.0.113.77","x":1)"), R"({"ip":"203.0.113.0","x":1)");
  EXPECT_EQ(Truncate("a203.0.113.77b 1.2.3.4,5.6.7.8:80"), "a203.0.113.0b 1.2.3.0,5.6.7.0:80");
  EXPECT_EQ(Truncate("[2001:db8:1:2:3:4:5:6]:443"), "[2001:db8:1::]:443");
  EXPECT_EQ(Truncate("ip=2001:DB8::7%eth0"), "ip=2001:db8::%eth0");
  EXPECT_EQ(Truncate("::ffff:203.0.113.77"), "203.0.113.0");
  EXPECT_EQ(Truncate("http://203.0.113.77/a?b=1.2.3.4#c"), "http://203.0.113.0/a?b=1.2.3.0#c");
  EXPECT_EQ(Truncate("203.000.113.077"), "203.0.113.0");
  EXPECT_EQ(Truncate("1256.1.1.2567"), "1256.1.1.067");
  EXPECT_EQ(Truncate("\\b2001:db8:1:2::9"), "\\b2001:db8:1::");
}

TEST(IpLiteralsTest, TruncatesLiteralsThatAreEncoded) {
  EXPECT_EQ(Truncate("https://a.example/?ip=203%2E0%2e113%2E77&x"),
            "https://a.example/?ip=203.0.113.0&x");
  EXPECT_EQ(Truncate("ip=2001%3Adb8%3a1%3A2%3A%3a9&y"), "ip=2001:db8:1::&y");
  EXPECT_EQ(Truncate("ip=203%252E0%25252e113.77"), "ip=203.0.113.0");
  EXPECT_EQ(Truncate(R"({"ip":"203.0.113\u002e77"})"), R"({"ip":"203.0.113.0"})");
  EXPECT_EQ(Truncate(R"({"ip":"\u0038\u0031.2.69.142"})"), R"({"ip":"81.2.69.0"})");
  EXPECT_EQ(Truncate(R"("{\"ip\":\"203\\u002E0.113.77\"}")"), R"("{\"ip\":\"203.0.113.0\"}")");
  EXPECT_EQ(Truncate("%2e:2:3:4:5:6:7:8"), "%2e:2:3::") << "read as it stands it is one, too";
}

// Characters of `text`, each as it is, percent-encoded up to three times, or as JSON escapes it.
std::string Encoded(std::string_view text, std::mt19937_64& random) {
  std::string encoded;
  for (const char character : text) {
    const unsigned byte = static_cast<unsigned char>(character);
    const bool is_upper = random() % 2 == 0;
    const std::string hex = is_upper ? fmt::format("{:02X}", byte) : fmt::format("{:02x}", byte);
    constexpr std::array<std::string_view, 7> kPrefixes = {"",      "",      "%",      "%25",
                                                           "%2525", "\\u00", "\\\\u00"};
    const std::string_view prefix = kPrefixes.at(random() % kPrefixes.size());
    encoded += prefix.empty() ? std::string(1, character) : fmt::format("{}{}", prefix, hex);
  }
  return encoded;
}

// What readers make of it at last: decoded until nothing changes.
std::string DecodedWhole(std::string text) {
  const re2::RE2 encoding(R"(((?:%|\\+u00)([0-9A-Fa-f]{2})))", re2::RE2::Latin1);
  std::string whole;
  std::string digits;
  while (re2::RE2::PartialMatch(text, encoding, &whole, &digits)) {
    text.replace(text.find(whole), whole.size(), 1,
                 static_cast<char>(std::stoi(digits, nullptr, 16)));
  }
  return text;
}

TEST(IpLiteralsTest, NoEncodedLiteralSurvives) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() * 500; ++round) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random() % 255 + 1);
    }
    const std::string address = Spell(random() % 2 == 0 ? AF_INET : AF_INET6, bytes.data());
    const std::string written = Encoded(address, random);
    constexpr std::array<std::string_view, 6> kBetween = {"", "\"", "x", "=", "&", " "};
    const std::string_view around = kBetween.at(random() % kBetween.size());
    ASSERT_EQ(DecodedWhole(written), address);

    const std::string result = Truncate(fmt::format("{0}{1}{0}", around, written));

    EXPECT_EQ(DecodedWhole(result).find(address), std::string::npos) << written << "\n" << result;
  }
}

TEST(IpLiteralsTest, LeavesOtherTextAlone) {
  for (const char* text :
       {"", "plain", "10:20:30", "2026-01-05T10:20:30.123Z", "Chrome/120.0.6099.109", "1.2.3",
        "1.2.3.", "a%3Ab%2e%20%41%zz%", R"(\u0041\u002e\n\u00)", "%25", "00:1a:2b:3c:4d:5e",
        "a:b:c", "…ünïcödé…", "{\"ts\":1767608430123}"}) {
    EXPECT_EQ(Truncate(text), text);
  }
}

TEST(IpLiteralsTest, NoLiteralSurvivesInRandomText) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() * 500; ++round) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random() % 255 + 1);
    }
    const bool is_v4 = random() % 2 == 0;
    const std::string address = Spell(is_v4 ? AF_INET : AF_INET6, bytes.data());
    constexpr std::array<std::string_view, 12> kAround = {"",  " ", "\"", "x", "/", "=",
                                                          "[", "a", "::", "1", ":", "."};
    const std::string_view before = kAround.at(random() % kAround.size());
    const std::string_view behind = kAround.at(random() % kAround.size());

    const std::string result = Truncate(fmt::format("{}{}{}", before, address, behind));

    EXPECT_EQ(result.find(address), std::string::npos) << before << address << behind;
  }
}

TEST(IpLiteralsTest, TheResultIsUtf8WhateverTheBytes) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() * 500; ++round) {
    std::string line;
    for (std::uint64_t left = random() % 40; left > 0; --left) {
      line += static_cast<char>(random() % 3 == 0 ? random() % 128 : random());
    }
    const bool was_utf8 = IsUtf8(line);
    const std::string result = Truncate(line);
    EXPECT_TRUE(IsUtf8(result));
    EXPECT_TRUE(!was_utf8 || result.find("\xef\xbf\xbd") == std::string::npos);
    EXPECT_TRUE(IsUtf8(WithTruncatedIps(line, 7)));
  }
  EXPECT_EQ(Truncate("a\xff"
                     "b\xc3"),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd");
}

TEST(IpLiteralsTest, ACutLeavesNoPartOfALiteral) {
  const std::string line = "0123456 x 2001:db8:1:2:3:4:5:6 y";
  for (std::size_t size = 0; size <= line.size(); ++size) {
    const std::string result = WithTruncatedIps(line, size);
    EXPECT_LE(result.size(), size);
    EXPECT_EQ(result.find("2001:db8:1:2"), std::string::npos) << result;
  }
  EXPECT_EQ(WithTruncatedIps("203.0.113.77 and more", 15), "203.0.113.0 an");
}

}  // namespace
}  // namespace weir::enrich
