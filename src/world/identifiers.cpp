#include "world/identifiers.h"

#include <algorithm>
#include <array>

#include "world/philox.h"

namespace weir::world {
namespace {

constexpr std::size_t kHexOfWord = 8;

// A word in hex digits, the most significant first.
std::array<char, kHexOfWord> HexOf(std::uint32_t word) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, kHexOfWord> hex{};
  for (std::size_t place = kHexOfWord; place > 0; --place, word >>= 4) {
    hex[place - 1] = kDigits[word & 15];
  }
  return hex;
}

void AppendHex(std::uint32_t word, std::string& out) {
  const std::array<char, kHexOfWord> hex = HexOf(word);
  out.append(hex.data(), hex.size());
}

// 8-4-4-4-12 hex digits, as a UUID is written.
void AppendUuid(const PhiloxBlock& block, std::string& out) {
  std::array<char, 36> text{};
  auto* end = text.begin();
  for (std::size_t digit = 0; digit < block.size() * kHexOfWord; digit += 4) {
    if (digit >= 8 && digit <= 20) {
      *end++ = '-';
    }
    const std::array<char, kHexOfWord> hex = HexOf(block[digit / kHexOfWord]);
    end = std::copy_n(hex.begin() + digit % kHexOfWord, 4, end);
  }
  out.append(text.data(), text.size());
}

// 24 characters of base64url.
void AppendBase64(const PhiloxBlock& block, std::string& out) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<char, 24> text = {'Z', 'G', 's', 't'};
  auto* end = text.begin() + 4;
  for (const std::uint32_t word : block) {
    for (int shift = 0; shift < 30; shift += 6) {
      *end++ = kDigits[word >> shift & 63];
    }
  }
  out.append(text.data(), text.size());
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
