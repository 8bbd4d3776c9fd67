#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::world {

// Who knows a browser under an id of its own. In the order of their names.
enum class Party : std::uint8_t { kAf, kAn, kSt, kTt };
constexpr std::size_t kNumParties = 4;
// "af", "an", "st", "tt".
std::string_view PartyName(Party party);

enum class CookieKind : std::uint8_t { kOwn, kShared, kPrivate, kKiosk, kBot };

// One set of cookies: a browser between two deletions. `owner` is a person, a household, a kiosk or
// a bot; `generation` counts deletions, or is the day of a private window.
struct CookieSet {
  std::uint32_t owner = 0;
  std::uint16_t generation = 0;
  CookieKind kind = CookieKind::kOwn;
  std::uint8_t device = 0;

  friend auto operator<=>(const CookieSet&, const CookieSet&) = default;
};

// The id under which a party knows a cookie set: 19 or more ASCII characters that JSON leaves as
// they are.
void AppendId(std::uint64_t seed, Party party, const CookieSet& cookies, std::string& out);

// Values that stand where an id should: none is an id.
std::span<const std::string_view> JunkIds();

}  // namespace weir::world
