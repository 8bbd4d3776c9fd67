// Eight hex digits at a time, a byte of a 64-bit word each: the digits' values are packed, and are
// right if writing them gives the same eight bytes again. Little-endian machines only.
#include "identity/packed_text.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace weir::identity {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kUuidSize = 36;
constexpr std::size_t kHexSize = 32;
constexpr std::size_t kLongestShort = 15;
constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;

// The bytes of `text` from `at` on; it has so many.
template <typename Word>
Word Load(std::string_view text, std::size_t at) {
  Word word{};
  std::memcpy(&word, text.data() + at, sizeof(word));
  return word;
}

// Four bytes from each place, the first ones first.
std::uint64_t LoadHalves(std::string_view text, std::size_t first, std::size_t second) {
  return Load<std::uint32_t>(text, first) |
         static_cast<std::uint64_t>(Load<std::uint32_t>(text, second)) << 32U;
}

// Values 0 to 15, a byte each, as digits.
std::uint64_t DigitsOf(std::uint64_t values) {
  constexpr std::uint64_t kToLetter = 'a' - '9' - 1;
  const std::uint64_t is_letter = (values + 6 * kOnes) >> 4U & kOnes;
  return values + '0' * kOnes + is_letter * kToLetter;
}

// The values of eight digits, a byte each; of other bytes anything.
std::uint64_t ValuesOf(std::uint64_t digits) {
  const std::uint64_t is_letter = digits >> 6U & kOnes;
  return ((digits & 0x0f * kOnes) + 9 * is_letter) & 0x0f * kOnes;
}

// Eight values as a number of 32 bits, the first value highest.
std::uint64_t Narrow(std::uint64_t values) {
  std::uint64_t number = __builtin_bswap64(values);
  number = (number | number >> 4U) & 0x00ff'00ff'00ff'00ff;
  number = (number | number >> 8U) & 0x0000'ffff'0000'ffff;
  return (number | number >> 16U) & 0xffff'ffff;
}

std::uint64_t Widen(std::uint64_t number) {
  number = (number | number << 16U) & 0x0000'ffff'0000'ffff;
  number = (number | number << 8U) & 0x00ff'00ff'00ff'00ff;
  number = (number | number << 4U) & 0x0f0f'0f0f'0f0f'0f0f;
  return __builtin_bswap64(number);
}

using Digits = std::array<std::uint64_t, 4>;  // 32 of them

Digits DigitsOfUuid(std::string_view text) {
  return {Load<std::uint64_t>(text, 0), LoadHalves(text, 9, 14), LoadHalves(text, 19, 24),
          Load<std::uint64_t>(text, 28)};
}

Digits DigitsOfHex(std::string_view text) {
  return {Load<std::uint64_t>(text, 0), Load<std::uint64_t>(text, 8), Load<std::uint64_t>(text, 16),
          Load<std::uint64_t>(text, 24)};
}

bool HasHyphens(std::string_view text) {
  return text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
}

// kLong if they aren't all digits.
PackedText PackDigits(const Digits& digits, TextForm form) {
  std::array<std::uint64_t, 4> numbers{};
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::uint64_t values = ValuesOf(digits[i]);
    difference |= DigitsOf(values) ^ digits[i];
    numbers[i] = Narrow(values);
  }
  return difference == 0 ? PackedText{.high = numbers[0] << 32U | numbers[1],
                                      .low = numbers[2] << 32U | numbers[3],
                                      .form = form}
                         : PackedText{};
}

PackedText PackShort(std::string_view text) {
  std::array<char, 16> bytes{};
  std::memcpy(bytes.data(), text.data(), text.size());
  bytes.back() = static_cast<char>(text.size());
  const std::string_view all(bytes.data(), bytes.size());
  return {.high = __builtin_bswap64(Load<std::uint64_t>(all, 0)),
          .low = __builtin_bswap64(Load<std::uint64_t>(all, 8)),
          .form = TextForm::kShort};
}

void Store(std::uint64_t word, char* to) { std::memcpy(to, &word, sizeof(word)); }

std::array<char, kHexSize> HexOf(const PackedText& packed) {
  std::array<char, kHexSize> hex;
  Store(DigitsOf(Widen(packed.high >> 32U)), hex.data());
  Store(DigitsOf(Widen(packed.high & 0xffff'ffff)), hex.data() + 8);
  Store(DigitsOf(Widen(packed.low >> 32U)), hex.data() + 16);
  Store(DigitsOf(Widen(packed.low & 0xffff'ffff)), hex.data() + 24);
  return hex;
}

}  // namespace

PackedText Pack(std::string_view text) {
  if (text.size() == kUuidSize && HasHyphens(text)) {
    return PackDigits(DigitsOfUuid(text), TextForm::kUuid);
  }
  if (text.size() == kHexSize) {
    return PackDigits(DigitsOfHex(text), TextForm::kHex);
  }
  return text.size() <= kLongestShort ? PackShort(text) : PackedText{};
}

std::string_view Unpack(const PackedText& packed, TextRoom& room) {
  if (packed.form == TextForm::kShort) {
    Store(__builtin_bswap64(packed.high), room.data());
    Store(__builtin_bswap64(packed.low), room.data() + 8);
    return {room.data(), static_cast<std::size_t>(packed.low & 0xffU)};
  }
  const std::array<char, kHexSize> hex = HexOf(packed);
  if (packed.form == TextForm::kHex) {
    std::memcpy(room.data(), hex.data(), kHexSize);
    return {room.data(), kHexSize};
  }
  room[8] = room[13] = room[18] = room[23] = '-';
  std::memcpy(room.data(), hex.data(), 8);
  std::memcpy(room.data() + 9, hex.data() + 8, 4);
  std::memcpy(room.data() + 14, hex.data() + 12, 4);
  std::memcpy(room.data() + 19, hex.data() + 16, 4);
  std::memcpy(room.data() + 24, hex.data() + 20, 12);
  return {room.data(), kUuidSize};
}

}  // namespace weir::identity
