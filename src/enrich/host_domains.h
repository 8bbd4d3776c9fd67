#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "enrich/public_suffix.h"

namespace weir::enrich {

// The parts of hosts by the public suffix list, remembered for hosts that come again. What it
// returns doesn't depend on what it remembers. Not thread-safe: one object a thread.
class HostDomains {
 public:
  // `list` must outlive it.
  explicit HostDomains(const PublicSuffixList& list);

  // As list.PartsOf(host).
  HostParts Find(std::string_view host);

 private:
  static constexpr std::size_t kLongestHost = 61;  // bytes; longer ones aren't remembered

  // A host and its parts, in one cache line.
  struct alignas(64) Entry {
    std::uint8_t size = 0;  // of the host; 0 in an empty entry
    std::uint8_t domain = 0;
    std::uint8_t suffix = 0;
    std::array<char, kLongestHost> host{};
  };

  const PublicSuffixList& list_;
  std::vector<Entry> entries_;  // by hash; a newer host takes an older one's place
};

}  // namespace weir::enrich
