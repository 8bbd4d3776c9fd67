#include "connectors/collector/forwarded_client.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "enrich/ip_address.h"

namespace weir::connectors {
namespace {

// Of "8.8.8.8", "8.8.8.8:51234", "2001:db8::1", "[2001:db8::1]:443", in quotes or not.
std::optional<enrich::IpAddress> ForwardedAddress(std::string_view entry) {
  if (entry.size() >= 2 && entry.front() == '"' && entry.back() == '"') {
    entry = entry.substr(1, entry.size() - 2);
  }
  if (entry.starts_with('[')) {
    entry = entry.substr(1, std::min(entry.find(']'), entry.size()) - 1);
  } else if (std::ranges::count(entry, ':') == 1) {
    entry = entry.substr(0, entry.find(':'));
  }
  return enrich::ParseIp(entry);
}

}  // namespace

std::string ForwardedClient(const std::string& peer, std::string_view forwarded,
                            const enrich::IpRanges& proxies) {
  auto client = enrich::ParseIp(peer);
  if (!client) {
    return peer;
  }
  while (!forwarded.empty() && proxies.Contains(*client)) {
    const std::size_t comma = forwarded.rfind(',');
    const bool is_first = comma == std::string_view::npos;
    const std::string_view entry = Trimmed(forwarded.substr(is_first ? 0 : comma + 1));
    forwarded = forwarded.substr(0, is_first ? 0 : comma);
    if (entry.empty()) {
      continue;
    }
    const auto address = ForwardedAddress(entry);
    if (!address) {
      break;
    }
    client = address;
  }
  return enrich::ToText(*client);
}

}  // namespace weir::connectors
