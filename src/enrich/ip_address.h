#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::enrich {

// An address of either family. IPv4 stands in the first four bytes, the others 0.
struct IpAddress {
  bool is_v4 = true;  // before the bytes: each family is one range of the order
  std::array<std::uint8_t, 16> bytes{};

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

// Four decimal numbers without leading zeros, or IPv6 as RFC 4291 writes it, without zone. An
// IPv4-mapped IPv6 address is its IPv4 address. Absent if it is anything else.
std::optional<IpAddress> ParseIp(std::string_view text);

// As RFC 5952 writes it: "203.0.113.7", "2001:db8::1".
std::string ToText(const IpAddress& address);
void AppendText(const IpAddress& address, std::string& text);

// Private, loopback, link-local, carrier NAT, documentation, multicast, unspecified or otherwise
// reserved (IANA's special-purpose registries): it says nothing about a place.
bool IsSpecialPurpose(const IpAddress& address);

// Without the last octet of IPv4, the last 80 bits of IPv6.
IpAddress Truncated(IpAddress address);

}  // namespace weir::enrich
