#pragma once

#include <cstdint>
#include <string>
#include <vector>

// Consent strings of the IAB's Transparency and Consent Framework, version 2: "Consent string and
// vendor list formats v2", core segment.
namespace weir::world {

// A restriction that a publisher puts on vendors for one purpose.
struct PublisherRestriction {
  std::uint32_t purpose = 0;
  std::uint32_t type = 0;  // 0 not allowed, 1 require consent, 2 require legitimate interest
  std::uint32_t first_vendor = 0;
  std::uint32_t last_vendor = 0;
};

// What a core segment says. Vendors are ascending, from 1.
struct ConsentChoices {
  std::vector<std::uint32_t> purposes = {};  // 1 … 24, with consent
  std::vector<std::uint32_t> vendors = {};   // with consent
  std::vector<std::uint32_t> interest_vendors = {};
  std::vector<PublisherRestriction> restrictions = {};
  std::uint64_t created = 0;  // tenths of a second since 1970
  bool range_encoding = false;
};

// The core segment in base64url without padding.
std::string EncodeConsent(const ConsentChoices& choices);

// The vendor and the purposes that worlds ask consent for: weir's defaults.
constexpr std::uint32_t kConsentVendor = 32;

// Consent strings by what they mean for that vendor and those purposes.
struct ConsentStrings {
  std::vector<std::string> granting;
  std::vector<std::string> refusing;
  std::vector<std::string> malformed;
};

ConsentStrings MakeConsentStrings(std::uint64_t seed);

}  // namespace weir::world
