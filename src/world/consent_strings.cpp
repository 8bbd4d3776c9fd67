#include "world/consent_strings.h"

#include <algorithm>
#include <string_view>

#include "world/philox.h"

namespace weir::world {
namespace {

constexpr std::uint32_t kPurposes = 24;
constexpr std::size_t kStringsOfAKind = 128;

// Bits, most significant first, in base64url.
class BitWriter {
 public:
  void Add(std::uint64_t value, int bits) {
    for (int bit = bits - 1; bit >= 0; --bit) {
      pending_ = pending_ << 1 | (value >> bit & 1);
      if (++num_pending_ == 6) {
        Flush();
      }
    }
  }
  // Bits 1 … `size`, set for the ascending `members`.
  void AddSet(const std::vector<std::uint32_t>& members, std::uint32_t size) {
    for (std::uint32_t member = 1; member <= size; ++member) {
      Add(std::ranges::binary_search(members, member) ? 1 : 0, 1);
    }
  }
  // The text, zero bits added up to a whole byte and then a whole digit.
  std::string Finish() {
    while (num_pending_ != 0) {
      Add(0, 1);
    }
    return std::move(text_);
  }

 private:
  void Flush() {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    text_ += kDigits[pending_];
    pending_ = 0;
    num_pending_ = 0;
  }

  std::string text_;
  std::uint64_t pending_ = 0;
  int num_pending_ = 0;
};

void AddRange(std::uint32_t first, std::uint32_t last, BitWriter& bits) {
  bits.Add(first == last ? 0 : 1, 1);
  bits.Add(first, 16);
  if (first != last) {
    bits.Add(last, 16);
  }
}

// The runs of consecutive numbers in ascending `members`.
std::vector<std::pair<std::uint32_t, std::uint32_t>> RunsOf(
    const std::vector<std::uint32_t>& members) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> runs;
  for (const std::uint32_t member : members) {
    if (!runs.empty() && runs.back().second + 1 == member) {
      runs.back().second = member;
    } else {
      runs.emplace_back(member, member);
    }
  }
  return runs;
}

void AddVendors(const std::vector<std::uint32_t>& vendors, bool ranges, BitWriter& bits) {
  const std::uint32_t greatest = vendors.empty() ? 0 : vendors.back();
  bits.Add(greatest, 16);
  bits.Add(ranges ? 1 : 0, 1);
  if (!ranges) {
    bits.AddSet(vendors, greatest);
    return;
  }
  const auto runs = RunsOf(vendors);
  bits.Add(runs.size(), 12);
  for (const auto& [first, last] : runs) {
    AddRange(first, last, bits);
  }
}

void AddHead(const ConsentChoices& choices, BitWriter& bits) {
  bits.Add(2, 6);                 // version
  bits.Add(choices.created, 36);  // created
  bits.Add(choices.created, 36);  // last updated
  bits.Add(10, 12);               // consent management platform
  bits.Add(3, 12);                // its version
  bits.Add(1, 6);                 // screen
  bits.Add('e' - 'a', 6);         // language
  bits.Add('n' - 'a', 6);
  bits.Add(300, 12);  // vendor list version
  bits.Add(4, 6);     // policy version
  bits.Add(1, 1);     // service-specific
  bits.Add(0, 1);     // no non-standard texts
  bits.Add(0, 12);    // special features
  bits.AddSet(choices.purposes, kPurposes);
  bits.Add(0, 24);         // legitimate interest
  bits.Add(0, 1);          // purpose one is disclosed
  bits.Add('d' - 'a', 6);  // the publisher's country
  bits.Add('e' - 'a', 6);
}

ConsentChoices RandomChoices(RandomStream& random) {
  ConsentChoices choices = {.purposes = {1, 3, 4},
                            .created = std::uint64_t{17'600'000'000} + random.Below(8'000'000),
                            .range_encoding = random.Below(3) == 0};
  for (std::uint32_t purpose = 1; purpose <= 11; ++purpose) {
    if (purpose == 2 || (purpose > 4 && random.Below(4) != 0)) {
      choices.purposes.push_back(purpose);
    }
  }
  std::ranges::sort(choices.purposes);
  const std::uint32_t greatest = 33 + random.Below(700);
  for (std::uint32_t vendor = 1; vendor <= greatest; ++vendor) {
    if (vendor == kConsentVendor || vendor % 97 == 5 || random.Below(8) < 3) {
      choices.vendors.push_back(vendor);
    }
  }
  if (choices.range_encoding) {  // a few runs, not hundreds
    std::erase_if(choices.vendors, [](std::uint32_t vendor) { return vendor / 8 % 3 != 1; });
    choices.vendors.push_back(greatest);
    for (std::uint32_t vendor = kConsentVendor - 2; vendor < kConsentVendor + 1; ++vendor) {
      choices.vendors.push_back(vendor);
    }
    std::ranges::sort(choices.vendors);
    choices.vendors.erase(std::ranges::unique(choices.vendors).begin(), choices.vendors.end());
  }
  if (random.Below(4) == 0) {
    choices.interest_vendors = {2, 7, 21, 33};
  }
  return choices;
}

std::string Granting(RandomStream& random) {
  ConsentChoices choices = RandomChoices(random);
  if (random.Below(6) == 0) {  // restrictions that take nothing away
    choices.restrictions = {{.purpose = 3, .type = 1, .first_vendor = 32, .last_vendor = 32},
                            {.purpose = 4, .type = 0, .first_vendor = 40, .last_vendor = 90},
                            {.purpose = 7, .type = 2, .first_vendor = 30, .last_vendor = 35}};
  }
  std::string text = EncodeConsent(choices);
  if (random.Below(8) == 0) {
    text += ".YAAAAAAAAAA";  // a publisher segment of its own, nothing in it
  }
  return text;
}

std::string Refusing(RandomStream& random) {
  ConsentChoices choices = RandomChoices(random);
  constexpr std::uint32_t kNeeded[] = {1, 3, 4};
  const std::uint32_t purpose = kNeeded[random.Below(3)];
  switch (random.Below(4)) {
    case 0:
      std::erase(choices.purposes, purpose);
      break;
    case 1:
      std::erase(choices.vendors, kConsentVendor);
      break;
    case 2:
      choices.purposes.clear();
      choices.vendors.clear();
      break;
    default:
      choices.restrictions = {{.purpose = purpose,
                               .type = random.Below(2) * 2,
                               .first_vendor = random.Below(2) == 0 ? 32U : 11U,
                               .last_vendor = 32}};
  }
  return EncodeConsent(choices);
}

std::string Malformed(RandomStream& random) {
  const std::string good = EncodeConsent(RandomChoices(random));
  switch (random.Below(5)) {
    case 0:
      return good.substr(0, 8 + random.Below(20));  // ends within the purposes
    case 1:
      return "C*" + good.substr(2);
    case 2:
      return "granted";
    case 3:
      return "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA";  // version 1
    default:
      return "{" + good.substr(0, 30) + "}";
  }
}

}  // namespace

std::string EncodeConsent(const ConsentChoices& choices) {
  BitWriter bits;
  AddHead(choices, bits);
  AddVendors(choices.vendors, choices.range_encoding, bits);
  AddVendors(choices.interest_vendors, false, bits);
  bits.Add(choices.restrictions.size(), 12);
  for (const PublisherRestriction& restriction : choices.restrictions) {
    bits.Add(restriction.purpose, 6);
    bits.Add(restriction.type, 2);
    bits.Add(1, 12);
    AddRange(restriction.first_vendor, restriction.last_vendor, bits);
  }
  return bits.Finish();
}

ConsentStrings MakeConsentStrings(std::uint64_t seed) {
  ConsentStrings strings;
  for (std::uint32_t index = 0; index < kStringsOfAKind; ++index) {
    RandomStream random(seed, {.purpose = Purpose::kConsent, .entity = index});
    strings.granting.push_back(Granting(random));
    strings.refusing.push_back(Refusing(random));
    strings.malformed.push_back(Malformed(random));
  }
  return strings;
}

}  // namespace weir::world
