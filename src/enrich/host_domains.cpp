#include "enrich/host_domains.h"

#include <cstring>

#include "base/hashing.h"

namespace weir::enrich {
namespace {

constexpr std::size_t kNumEntries = 1U << 14U;  // 1 MiB

}  // namespace

HostDomains::HostDomains(const PublicSuffixList& list) : list_(list), entries_(kNumEntries) {}

HostParts HostDomains::Find(std::string_view host) {
  if (host.empty() || host.size() > kLongestHost) {
    return list_.PartsOf(host);
  }
  Entry& entry = entries_[HashOf(host).low % kNumEntries];
  if (std::string_view(entry.host.data(), entry.size) != host) {
    const HostParts parts = list_.PartsOf(host);
    entry.size = static_cast<std::uint8_t>(host.size());
    entry.domain = static_cast<std::uint8_t>(parts.domain);
    entry.suffix = static_cast<std::uint8_t>(parts.suffix);
    std::memcpy(entry.host.data(), host.data(), host.size());
  }
  return {.domain = entry.domain, .suffix = entry.suffix};
}

}  // namespace weir::enrich
