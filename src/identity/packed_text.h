#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// Texts of ids as 16 bytes that say the same: most ids are UUIDs, hashes in hex, or short. So a
// table of ids compares numbers of one size, and doesn't follow a pointer to each text.
namespace weir::identity {

// How 16 bytes stand for a text.
enum class TextForm : std::uint8_t {
  kLong,   // they don't: the text is none of the others
  kShort,  // up to 15 bytes, zeros, the length
  kUuid,   // 8-4-4-4-12 lower-case hex digits
  kHex     // 32 lower-case hex digits
};

// Texts of one form other than kLong stand in the order of (high, low), bytewise.
struct PackedText {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  TextForm form = TextForm::kLong;

  friend bool operator==(const PackedText&, const PackedText&) = default;
};

// Room for any text that isn't long.
using TextRoom = std::array<char, 36>;

// Equal texts give equal packed ones, and no two texts the same, but for long ones, where nothing
// is packed. Some 10 ns.
PackedText Pack(std::string_view text);
// The text, written into `room`; not for kLong.
std::string_view Unpack(const PackedText& packed, TextRoom& room);

}  // namespace weir::identity
