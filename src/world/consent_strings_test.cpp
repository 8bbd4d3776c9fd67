#include "world/consent_strings.h"

#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace weir::world {
namespace {

// A slow reader of core segments, written from the table of fields in formats.md §5.
class SlowReader {
 public:
  explicit SlowReader(const std::string& text) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const char digit : text.substr(0, text.find('.'))) {
      const std::size_t value = kDigits.find(digit);
      is_whole_ = is_whole_ && value != std::string_view::npos;
      for (int bit = 5; bit >= 0; --bit) {
        bits_ += (value >> bit & 1) != 0 ? '1' : '0';
      }
    }
  }

  bool Grants(std::uint32_t vendor, const std::set<std::uint32_t>& purposes) {
    const bool is_version_two = Number(6) == 2;
    Number(146);
    const std::set<std::uint32_t> given = Flags(24);
    Number(37);
    const std::set<std::uint32_t> vendors = Vendors();
    Vendors();
    std::set<std::uint32_t> restricted;
    for (std::uint32_t left = Number(12); left > 0 && is_whole_; --left) {
      const std::uint32_t purpose = Number(6);
      const std::uint32_t type = Number(2);
      if (Ranges().contains(vendor) && type != 1) {
        restricted.insert(purpose);
      }
    }
    bool grants = is_whole_ && is_version_two && vendors.contains(vendor);
    for (const std::uint32_t purpose : purposes) {
      grants = grants && given.contains(purpose) && !restricted.contains(purpose);
    }
    return grants;
  }

 private:
  std::uint32_t Number(std::size_t bits) {
    if (place_ + bits > bits_.size()) {
      is_whole_ = false;
      return 0;
    }
    std::uint32_t number = 0;
    for (std::size_t bit = 0; bit < bits; ++bit) {
      number = number * 2 + (bits_[place_++] == '1' ? 1 : 0);
    }
    return number;
  }
  std::set<std::uint32_t> Flags(std::uint32_t count) {
    std::set<std::uint32_t> members;
    for (std::uint32_t member = 1; member <= count; ++member) {
      if (Number(1) == 1) {
        members.insert(member);
      }
    }
    return members;
  }
  std::set<std::uint32_t> Ranges() {
    std::set<std::uint32_t> members;
    for (std::uint32_t left = Number(12); left > 0 && is_whole_; --left) {
      const bool is_range = Number(1) == 1;
      const std::uint32_t first = Number(16);
      const std::uint32_t last = is_range ? Number(16) : first;
      for (std::uint32_t member = first; member <= last; ++member) {
        members.insert(member);
      }
    }
    return members;
  }
  std::set<std::uint32_t> Vendors() {
    const std::uint32_t greatest = Number(16);
    return Number(1) == 1 ? Ranges() : Flags(greatest);
  }

  std::string bits_;
  std::size_t place_ = 0;
  bool is_whole_ = true;
};

bool Grants(const std::string& text) { return SlowReader(text).Grants(kConsentVendor, {1, 3, 4}); }

TEST(ConsentStrings, MeanWhatTheyAreFor) {
  for (const std::uint64_t seed : {1U, 2U, 99U}) {
    const ConsentStrings strings = MakeConsentStrings(seed);
    for (const std::string& text : strings.granting) {
      EXPECT_TRUE(Grants(text)) << text;
    }
    for (const std::string& text : strings.refusing) {
      EXPECT_FALSE(Grants(text)) << text;
    }
    for (const std::string& text : strings.malformed) {
      EXPECT_FALSE(Grants(text)) << text;
    }
  }
}

// The first vendors of a bit field and of ranges are the same set.
TEST(ConsentStrings, BothEncodingsOfVendorsSayTheSame) {
  ConsentChoices choices = {.purposes = {1, 3, 4}, .vendors = {2, 3, 4, 31, 32, 90}};
  const std::string bits = EncodeConsent(choices);
  choices.range_encoding = true;
  const std::string ranges = EncodeConsent(choices);

  EXPECT_NE(bits, ranges);
  for (const std::uint32_t vendor : {1U, 2U, 4U, 5U, 31U, 32U, 33U, 89U, 90U}) {
    EXPECT_EQ(SlowReader(bits).Grants(vendor, {1, 3, 4}),
              SlowReader(ranges).Grants(vendor, {1, 3, 4}))
        << vendor;
  }
}

}  // namespace
}  // namespace weir::world
