#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

// Consent under the GDPR, read from IAB Europe's TCF v2 strings.
namespace weir::enrich {

// Whose consent is asked for, and for what.
struct ConsentRules {
  int vendor = 32;
  std::vector<int> purposes = {1, 3, 4};  // 1 to 24
};

// Whether a country's law asks for consent: the EU's 27, IS, LI, NO, GB, CH, and the unknown
// country (empty).
bool NeedsConsent(std::string_view country);

// Reads consent strings by one set of rules. Keeps a buffer between calls: one per thread.
class ConsentReader {
 public:
  // Throws UserError if a purpose is none of 1 to 24 or the vendor none of 1 to 65535.
  explicit ConsentReader(ConsentRules rules);

  // Whether the TCF v2 string grants purpose consents and vendor consent by the rules, and no
  // publisher restriction of type 0 (not allowed) or 2 (legitimate interest only) takes one back.
  // Only the core segment counts. A malformed string grants nothing.
  bool Grants(std::string_view tc_string);

 private:
  bool Decode(std::string_view segment);
  bool GrantsPurposes() const;

  ConsentRules rules_;
  std::vector<std::uint8_t> bytes_;
  std::size_t num_bits_ = 0;
};

}  // namespace weir::enrich
