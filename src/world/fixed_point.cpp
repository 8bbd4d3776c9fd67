#include "world/fixed_point.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/error.h"
#include "base/int128.h"

namespace weir::world {
namespace {

using Wide = UnsignedInt128;

constexpr Fixed kNaturalLogOfTwo = 2977044472;         // ln 2 in units of 2^-32
constexpr Wide kInverseLogOfTwo = 0xB8AA3B295C17F0BC;  // 1 / ln 2 in units of 2^-63

// The whole number whose square is next below `square`, by Newton's method from above.
std::uint64_t RootOf(Wide square) {
  Wide root = (Wide{1} << 64) - 1;
  while (true) {
    const Wide next = (root + square / root) / 2;
    if (next >= root) {
      return static_cast<std::uint64_t>(root);
    }
    root = next;
  }
}

// For each of the five bytes of a 40-bit fraction, and each value of it, 2 to the minus that part
// of the fraction, in units of 2^-64, one unit less for 1.
using PowerTable = std::array<std::array<std::uint64_t, 256>, 5>;

void MultiplyWhereSet(std::array<std::uint64_t, 256>& powers, std::size_t bit, Wide factor) {
  for (std::size_t value = 0; value < powers.size(); ++value) {
    if ((value & bit) != 0) {
      powers[value] = static_cast<std::uint64_t>(powers[value] * factor >> 64);
    }
  }
}

PowerTable MakePowers() {
  PowerTable powers{};
  Wide single = Wide{1} << 63;  // 2^-1; each root halves the exponent
  for (auto& of_byte : powers) {
    of_byte.fill(~std::uint64_t{0});
    for (std::size_t bit = 128; bit > 0; bit /= 2) {
      single = RootOf(single << 64);
      MultiplyWhereSet(of_byte, bit, single);
    }
  }
  return powers;
}

}  // namespace

std::uint32_t SquareRoot(std::uint64_t square) {
  return square == 0 ? 0 : static_cast<std::uint32_t>(RootOf(square));
}

Fixed NaturalLog(std::uint32_t number) {
  const int exponent = static_cast<int>(std::bit_width(number)) - 1;
  Wide mantissa = static_cast<Wide>(number) << (62 - exponent);  // 1 … 2 in units of 2^-62
  Fixed binary_log = Fixed{exponent} << kFixedBits;
  for (int bit = kFixedBits - 1; bit >= 0; --bit) {
    mantissa = mantissa * mantissa >> 62;
    if (mantissa >= Wide{1} << 63) {
      mantissa >>= 1;
      binary_log += Fixed{1} << bit;
    }
  }
  return static_cast<Fixed>(static_cast<Int128>(binary_log) * kNaturalLogOfTwo >> kFixedBits);
}

Fixed Exponential(Fixed exponent) {
  static const PowerTable kPowers = MakePowers();
  if (exponent <= -22 * kFixedOne) {
    return 0;
  }
  if (exponent == 0) {
    return kFixedOne;
  }
  // −exponent / ln 2 = whole + fraction, the fraction in units of 2^-40.
  const auto binary =
      static_cast<std::uint64_t>(static_cast<Wide>(-exponent) * kInverseLogOfTwo >> 55);
  const auto whole = static_cast<int>(binary >> 40);
  std::uint64_t product = ~std::uint64_t{0};
  for (std::size_t byte = 0; byte < kPowers.size(); ++byte) {
    const std::uint64_t power = kPowers[byte][binary >> (32 - 8 * byte) & 0xFF];
    product = static_cast<std::uint64_t>(static_cast<Wide>(product) * power >> 64);
  }
  return static_cast<Fixed>(product >> (kFixedBits + whole));
}

std::uint64_t InverseSquareRoot(std::uint32_t share) {
  // sqrt(2^64 / (share / 2^32 · 2^32)) = 2^32 / sqrt(share): in units of 2^-16 of 1 / sqrt(u).
  const Wide ratio = (Wide{1} << 64) / std::max<std::uint32_t>(share, 1);
  return RootOf(ratio);
}

Probability ParseProbability(std::string_view flag, std::string_view text) {
  const auto fail = [&]() -> Probability {
    throw UsageError("{} '{}': allowed are decimal numbers from 0 to 1, such as 0.02", flag, text);
  };
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view digits = point == text.size() ? "" : text.substr(point + 1);
  const auto is_digit = [](char byte) { return byte >= '0' && byte <= '9'; };
  if ((whole != "0" && whole != "1") || digits.size() > 9 ||
      (point < text.size() && digits.empty()) || !std::ranges::all_of(digits, is_digit)) {
    return fail();
  }
  Wide numerator = whole == "1" ? 1 : 0;
  Wide denominator = 1;
  for (const char digit : digits) {
    numerator = numerator * 10 + static_cast<unsigned>(digit - '0');
    denominator *= 10;
  }
  return numerator > denominator ? fail()
                                 : static_cast<Probability>(numerator * kCertain / denominator);
}

}  // namespace weir::world
