#pragma once

#include <string>
#include <string_view>

#include "enrich/ip_ranges.h"

namespace weir::connectors {

// Whose request it is: `peer` is the other end of the connection, `forwarded` what X-Forwarded-For
// says, to which each proxy appends the address that it sees: the last one that is no proxy's, of
// those that only proxies have written. Entries may have a port, brackets and quotes, and may be
// empty; one that is no address ends the walk. What comes back is an address as weir writes it, or
// `peer`, where that is none.
std::string ForwardedClient(const std::string& peer, std::string_view forwarded,
                            const enrich::IpRanges& proxies);

}  // namespace weir::connectors
