#include "world/identifiers.h"

#include <array>

#include "world/philox.h"

namespace weir::world {
namespace {

void AppendHex(std::uint32_t word, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 28; shift >= 0; shift -= 4) {
    out += kDigits[word >> shift & 15];
  }
}

// 8-4-4-4-12 hex digits, as a UUID is written.
void AppendUuid(const PhiloxBlock& block, std::string& out) {
  const std::size_t start = out.size();
  for (const std::uint32_t word : block) {
    AppendHex(word, out);
  }
  for (const std::size_t place : {20, 16, 12, 8}) {
    out.insert(start + place, 1, '-');
  }
}

// 24 characters of base64url.
void AppendBase64(const PhiloxBlock& block, std::string& out) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  out += "ZGst";
  for (const std::uint32_t word : block) {
    for (int shift = 0; shift < 30; shift += 6) {
      out += kDigits[word >> shift & 63];
    }
  }
}

// 19 decimal digits, the first of them not 0.
void AppendDecimal(const PhiloxBlock& block, std::string& out) {
  constexpr std::uint64_t kLeast = 1'000'000'000'000'000'000;
  const std::uint64_t bits = std::uint64_t{block[0]} << 32 | block[1];
  out += std::to_string(kLeast + bits % (8 * kLeast));
}

}  // namespace

std::string_view PartyName(Party party) {
  constexpr std::array<std::string_view, kNumParties> kNames = {"af", "an", "st", "tt"};
  return kNames[static_cast<std::size_t>(party)];
}

void AppendId(std::uint64_t seed, Party party, const CookieSet& cookies, std::string& out) {
  const std::uint32_t device = std::uint32_t{cookies.generation} << 16 |
                               static_cast<std::uint32_t>(cookies.kind) << 8 | cookies.device;
  const PhiloxBlock block =
      Philox({static_cast<std::uint32_t>(party), static_cast<std::uint32_t>(Purpose::kIdentifier),
              cookies.owner, device},
             {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  switch (party) {
    case Party::kAf:
      AppendUuid(block, out);
      break;
    case Party::kAn:
      AppendDecimal(block, out);
      break;
    case Party::kSt:
      AppendBase64(block, out);
      break;
    case Party::kTt:
      AppendHex(block[0], out);
      AppendHex(block[1], out);
      AppendHex(block[2], out);
  }
}

std::span<const std::string_view> JunkIds() {
  static constexpr std::array<std::string_view, 16> kJunk = {"",
                                                             "0",
                                                             "-1",
                                                             "null",
                                                             "NULL",
                                                             "none",
                                                             "None",
                                                             "undefined",
                                                             "NaN",
                                                             "optout",
                                                             "opt-out",
                                                             "OPTED-OUT",
                                                             " null ",
                                                             "00000000-0000-0000-0000-000000000000",
                                                             "0000000000000000",
                                                             "OptOut"};
  return kJunk;
}

}  // namespace weir::world
