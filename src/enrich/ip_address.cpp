#include "enrich/ip_address.h"

#include <algorithm>
#include <charconv>
#include <span>

namespace weir::enrich {
namespace {

using Bytes = std::span<const std::uint8_t>;

// Four numbers of 0 to 255 without leading zeros, with points between them.
bool ParseV4(std::string_view text, std::span<std::uint8_t, 4> bytes) {
  for (std::size_t part = 0; part < 4; ++part) {
    unsigned value = 0;
    std::size_t used = 0;
    for (; used < text.size() && used < 4 && text[used] >= '0' && text[used] <= '9'; ++used) {
      value = value * 10 + static_cast<unsigned>(text[used] - '0');
    }
    const bool has_end = part == 3 ? used == text.size() : used < text.size() && text[used] == '.';
    if (used == 0 || value > 255 || (used > 1 && text[0] == '0') || !has_end) {
      return false;
    }
    bytes[part] = static_cast<std::uint8_t>(value);
    text.remove_prefix(part == 3 ? used : used + 1);
  }
  return true;
}

// The groups of an IPv6 address as they are read, and where "::" stood among them.
struct Groups {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t used = 0;            // bytes
  std::optional<std::size_t> gap;  // bytes before "::"
};

// Takes one group of hex digits. False if there is none, or no room for it.
bool TakeGroup(std::string_view& text, Groups& groups) {
  unsigned value = 0;
  const std::string_view digits = text.substr(0, 4);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || groups.used > 14) {
    return false;
  }
  groups.bytes.at(groups.used++) = static_cast<std::uint8_t>(value >> 8U);
  groups.bytes.at(groups.used++) = static_cast<std::uint8_t>(value & 0xffU);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

// Takes the IPv4 address that ends an IPv6 address.
bool TakeEmbedded(std::string_view& text, Groups& groups) {
  if (groups.used > 12) {
    return false;
  }
  if (!ParseV4(text, std::span(groups.bytes).subspan(groups.used).first<4>())) {
    return false;
  }
  groups.used += 4;
  text = {};
  return true;
}

// Takes "::" if it stands in front. False if it is the second.
bool TakeGap(std::string_view& text, Groups& groups) {
  if (!text.starts_with("::")) {
    return true;
  }
  if (groups.gap) {
    return false;
  }
  groups.gap = groups.used;
  text.remove_prefix(2);
  return true;
}

bool HasEmbeddedV4(std::string_view text) {
  const std::size_t point = text.find('.');
  return point != std::string_view::npos &&
         text.substr(0, point).find(':') == std::string_view::npos;
}

std::optional<Groups> ParseGroups(std::string_view text) {
  Groups groups;
  if (!TakeGap(text, groups)) {
    return std::nullopt;
  }
  while (!text.empty()) {
    const bool is_read = HasEmbeddedV4(text) ? TakeEmbedded(text, groups) : TakeGroup(text, groups);
    if (!is_read || !TakeGap(text, groups)) {
      return std::nullopt;
    }
    const bool is_behind_gap = groups.gap == groups.used;
    if (text.empty() || is_behind_gap) {
      continue;
    }
    if (text.front() != ':' || text.size() == 1) {
      return std::nullopt;
    }
    text.remove_prefix(1);
  }
  return groups;
}

// What fills the gap: at least one group of zeros.
std::optional<IpAddress> ParseV6(std::string_view text) {
  const auto groups = ParseGroups(text);
  if (!groups || (groups->gap ? groups->used > 14 : groups->used != 16)) {
    return std::nullopt;
  }
  IpAddress address{.is_v4 = false, .bytes = groups->bytes};
  if (groups->gap) {
    std::rotate(address.bytes.begin() + static_cast<std::ptrdiff_t>(*groups->gap),
                address.bytes.begin() + static_cast<std::ptrdiff_t>(groups->used),
                address.bytes.end());
  }
  return address;
}

bool IsMapped(const IpAddress& address) {
  return std::all_of(address.bytes.begin(), address.bytes.begin() + 10,
                     [](std::uint8_t byte) { return byte == 0; }) &&
         address.bytes[10] == 0xff && address.bytes[11] == 0xff;
}

IpAddress Unwrapped(const IpAddress& address) {
  if (!IsMapped(address)) {
    return address;
  }
  IpAddress inner;
  std::copy_n(address.bytes.begin() + 12, 4, inner.bytes.begin());
  return inner;
}

void AppendInBase(std::string& text, unsigned value, int base) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value, base);
  text.append(digits.data(), end.ptr);
}

unsigned GroupAt(const IpAddress& address, std::size_t group) {
  return static_cast<unsigned>(address.bytes.at(group * 2) << 8U) | address.bytes.at(group * 2 + 1);
}

// The first longest run of groups of zeros, if longer than one: [first, last).
std::pair<std::size_t, std::size_t> LongestZeros(const IpAddress& address) {
  std::pair<std::size_t, std::size_t> longest{8, 8};
  for (std::size_t first = 0; first < 8; ++first) {
    std::size_t last = first;
    while (last < 8 && GroupAt(address, last) == 0) {
      ++last;
    }
    if (last - first > std::max<std::size_t>(longest.second - longest.first, 1)) {
      longest = {first, last};
    }
  }
  return longest;
}

struct Range {
  std::array<std::uint8_t, 4> start;
  int bits;
};

bool Covers(const Range& range, const IpAddress& address) {
  for (int bit = 0; bit < range.bits; bit += 8) {
    const auto index = static_cast<std::size_t>(bit / 8);
    const unsigned mask = range.bits - bit >= 8 ? 0xffU : 0xffU << (8 - (range.bits - bit)) & 0xffU;
    if (((address.bytes.at(index) ^ range.start.at(index)) & mask) != 0) {
      return false;
    }
  }
  return true;
}

// The IPv4 Special-Purpose Address Space of IANA (RFC 6890) and multicast (RFC 5771).
constexpr std::array kReservedV4 = {
    Range{{0, 0, 0, 0}, 8},     Range{{10, 0, 0, 0}, 8},      Range{{100, 64, 0, 0}, 10},
    Range{{127, 0, 0, 0}, 8},   Range{{169, 254, 0, 0}, 16},  Range{{172, 16, 0, 0}, 12},
    Range{{192, 0, 0, 0}, 24},  Range{{192, 0, 2, 0}, 24},    Range{{192, 168, 0, 0}, 16},
    Range{{198, 18, 0, 0}, 15}, Range{{198, 51, 100, 0}, 24}, Range{{203, 0, 113, 0}, 24},
    Range{{224, 0, 0, 0}, 4},   Range{{240, 0, 0, 0}, 4},
};

// The IPv6 one (RFC 6890), site-local (RFC 3879) and multicast.
constexpr std::array kReservedV6 = {
    Range{{0xfc, 0, 0, 0}, 7}, Range{{0xfe, 0x80, 0, 0}, 10},       Range{{0xfe, 0xc0, 0, 0}, 10},
    Range{{0xff, 0, 0, 0}, 8}, Range{{0x20, 0x01, 0x0d, 0xb8}, 32}, Range{{0x3f, 0xff, 0, 0}, 20},
};

// ::, ::1 and the discard prefix 100::/64.
bool IsReservedByLowBits(const IpAddress& address) {
  const bool is_discard = GroupAt(address, 0) == 0x0100 && GroupAt(address, 1) == 0 &&
                          GroupAt(address, 2) == 0 && GroupAt(address, 3) == 0;
  const bool has_high_bits = std::any_of(address.bytes.begin(), address.bytes.begin() + 15,
                                         [](std::uint8_t byte) { return byte != 0; });
  return is_discard || (!has_high_bits && address.bytes[15] <= 1);
}

}  // namespace

std::optional<IpAddress> ParseIp(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    IpAddress address;
    return ParseV4(text, std::span(address.bytes).first<4>()) ? std::optional(address)
                                                              : std::nullopt;
  }
  const auto address = ParseV6(text);
  return address ? std::optional(Unwrapped(*address)) : std::nullopt;
}

void AppendText(const IpAddress& address, std::string& text) {
  if (address.is_v4) {
    for (std::size_t part = 0; part < 4; ++part) {
      AppendInBase(text, address.bytes.at(part), 10);
      text += part < 3 ? "." : "";
    }
    return;
  }
  const auto [first, last] = LongestZeros(address);
  for (std::size_t group = 0; group < 8; ++group) {
    if (group == first) {
      text += "::";
      group = last - 1;
      continue;
    }
    text += group == 0 || group == last ? "" : ":";
    AppendInBase(text, GroupAt(address, group), 16);
  }
}

std::string ToText(const IpAddress& address) {
  std::string text;
  AppendText(address, text);
  return text;
}

bool IsSpecialPurpose(const IpAddress& address) {
  const auto covers = [&](const Range& range) { return Covers(range, address); };
  return address.is_v4 ? std::ranges::any_of(kReservedV4, covers)
                       : std::ranges::any_of(kReservedV6, covers) || IsReservedByLowBits(address);
}

IpAddress Truncated(IpAddress address) {
  std::fill(address.bytes.begin() + (address.is_v4 ? 3 : 6), address.bytes.end(), 0);
  return address;
}

}  // namespace weir::enrich
