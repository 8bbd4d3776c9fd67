// The core segment of a TC string: bit fields in base64url, without padding. Format:
// https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework/blob/master/TCFv2/IAB%20Tech%20Lab%20-%20Consent%20string%20and%20vendor%20list%20formats%20v2.md
#include "enrich/consent.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/error.h"

namespace weir::enrich {
namespace {

constexpr std::size_t kPurposeConsents = 152;  // bit of purpose 1
constexpr std::size_t kVendorConsents = 213;
constexpr std::uint32_t kVersion = 2;
constexpr int kNumPurposes = 24;

constexpr std::array<std::int8_t, 256> kBase64Values = [] {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (std::size_t digit = 0; digit < kAlphabet.size(); ++digit) {
    digits.at(static_cast<unsigned char>(kAlphabet[digit])) = static_cast<std::int8_t>(digit);
  }
  return digits;
}();

// By the second letter of a country, the first letters, of which A is bit 0.
constexpr std::array<std::uint32_t, 256> kConsentCountries = [] {
  constexpr std::string_view kCountries =
      "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE "
      "SI SK";
  std::array<std::uint32_t, 256> first_letters{};
  for (std::size_t at = 0; at < kCountries.size(); at += 3) {
    const auto second = static_cast<unsigned char>(kCountries[at + 1]);
    first_letters.at(second) |= 1U << static_cast<unsigned>(kCountries[at] - 'A');
  }
  return first_letters;
}();

// Bits from the most significant one on. Reading past the end gives zeros and is noted.
class BitReader {
 public:
  BitReader(std::span<const std::uint8_t> bytes, std::size_t num_bits, std::size_t position)
      : bytes_(bytes), num_bits_(num_bits), position_(position) {}

  std::uint32_t Take(std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t index = 0; index < count; ++index) {
      is_past_end_ = is_past_end_ || position_ >= num_bits_;
      const unsigned bit = is_past_end_ ? 0 : bytes_[position_ / 8] >> (7 - position_ % 8) & 1U;
      value = value << 1U | bit;
      ++position_;
    }
    return value;
  }
  void Skip(std::size_t count) {
    position_ += count;
    is_past_end_ = is_past_end_ || position_ > num_bits_;
  }
  bool is_past_end() const { return is_past_end_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t num_bits_;
  std::size_t position_;
  bool is_past_end_ = false;
};

// Takes ranges of vendors; whether one holds `vendor`. Absent if they are malformed.
std::optional<bool> TakeRanges(BitReader& bits, std::uint32_t vendor) {
  bool holds = false;
  const std::uint32_t count = bits.Take(12);
  for (std::uint32_t index = 0; index < count && !bits.is_past_end(); ++index) {
    const bool is_range = bits.Take(1) == 1;
    const std::uint32_t first = bits.Take(16);
    const std::uint32_t last = is_range ? bits.Take(16) : first;
    if (last < first) {
      return std::nullopt;
    }
    holds = holds || (first <= vendor && vendor <= last);
  }
  return bits.is_past_end() ? std::nullopt : std::optional(holds);
}

// Takes a section of vendors; whether `vendor` is among them. Absent if it is malformed.
std::optional<bool> TakeVendors(BitReader& bits, std::uint32_t vendor) {
  const std::uint32_t greatest = bits.Take(16);
  if (bits.Take(1) == 1) {
    return TakeRanges(bits, vendor);
  }
  bool holds = false;
  if (vendor <= greatest) {
    bits.Skip(vendor - 1);
    holds = bits.Take(1) == 1;
    bits.Skip(greatest - vendor);
  } else {
    bits.Skip(greatest);
  }
  return bits.is_past_end() ? std::nullopt : std::optional(holds);
}

// Takes the publisher's restrictions; whether one forbids what the rules ask for, or is malformed.
bool TakeRestrictions(BitReader& bits, const ConsentRules& rules) {
  constexpr std::uint32_t kNotAllowed = 0;
  constexpr std::uint32_t kLegitimateInterestOnly = 2;
  bool is_forbidden = false;
  const std::uint32_t count = bits.Take(12);
  for (std::uint32_t index = 0; index < count && !bits.is_past_end(); ++index) {
    const std::uint32_t purpose = bits.Take(6);
    const std::uint32_t type = bits.Take(2);
    const auto concerns_vendor = TakeRanges(bits, static_cast<std::uint32_t>(rules.vendor));
    if (!concerns_vendor) {
      return true;
    }
    const bool takes_consent = type == kNotAllowed || type == kLegitimateInterestOnly;
    const bool is_asked =
        std::ranges::find(rules.purposes, static_cast<int>(purpose)) != rules.purposes.end();
    is_forbidden = is_forbidden || (takes_consent && is_asked && *concerns_vendor);
  }
  return is_forbidden || bits.is_past_end();
}

}  // namespace

bool NeedsConsent(std::string_view country) {
  if (country.size() != 2 || country[0] < 'A' || country[0] > 'Z') {
    return country.empty();
  }
  const std::uint32_t first_letters = kConsentCountries[static_cast<unsigned char>(country[1])];
  return (first_letters >> (country[0] - 'A') & 1U) != 0;
}

ConsentReader::ConsentReader(ConsentRules rules) : rules_(std::move(rules)) {
  if (rules_.vendor < 1 || rules_.vendor > 65535) {
    throw UserError("consent.vendor is {}; allowed: 1 to 65535", rules_.vendor);
  }
  for (const int purpose : rules_.purposes) {
    if (purpose < 1 || purpose > kNumPurposes) {
      throw UserError("consent.purposes has {}; allowed: 1 to {}", purpose, kNumPurposes);
    }
  }
}

bool ConsentReader::Grants(std::string_view tc_string) {
  if (!Decode(tc_string.substr(0, tc_string.find('.'))) || !GrantsPurposes()) {
    return false;
  }
  const auto vendor = static_cast<std::uint32_t>(rules_.vendor);
  BitReader bits(bytes_, num_bits_, kVendorConsents);
  const auto has_consent = TakeVendors(bits, vendor);
  if (!has_consent || !*has_consent) {
    return false;
  }
  const auto legitimate_interest = TakeVendors(bits, vendor);
  return legitimate_interest && !TakeRestrictions(bits, rules_);
}

// Six bits a character; what is left of the last one stands in a byte filled up with zeros.
bool ConsentReader::Decode(std::string_view segment) {
  bytes_.clear();
  std::uint32_t bits = 0;
  int num_bits = 0;
  for (const char character : segment) {
    const std::int8_t digit = kBase64Values.at(static_cast<unsigned char>(character));
    if (digit < 0) {
      return false;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    num_bits += 6;
    if (num_bits >= 8) {
      num_bits -= 8;
      bytes_.push_back(static_cast<std::uint8_t>(bits >> static_cast<unsigned>(num_bits) & 0xffU));
    }
  }
  if (num_bits > 0) {
    bytes_.push_back(
        static_cast<std::uint8_t>(bits << static_cast<unsigned>(8 - num_bits) & 0xffU));
  }
  num_bits_ = segment.size() * 6;
  return BitReader(bytes_, num_bits_, 0).Take(6) == kVersion;
}

bool ConsentReader::GrantsPurposes() const {
  return std::ranges::all_of(rules_.purposes, [&](int purpose) {
    const std::size_t bit = kPurposeConsents + static_cast<std::size_t>(purpose) - 1;
    return BitReader(bytes_, num_bits_, bit).Take(1) == 1;
  });
}

}  // namespace weir::enrich
