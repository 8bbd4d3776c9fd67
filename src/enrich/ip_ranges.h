#pragma once

#include <string_view>
#include <vector>

#include "enrich/ip_address.h"

namespace weir::enrich {

// A set of addresses, such as those of known crawlers. Immutable.
class IpRanges {
 public:
  IpRanges() = default;
  // One address or block ("203.0.113.0/24", "2001:db8::/32") a line; empty lines and what stands
  // behind `#` don't count. Throws UserError with `file`, line and what is allowed.
  IpRanges(std::string_view text, std::string_view file);

  bool Contains(const IpAddress& address) const;
  bool IsEmpty() const { return ranges_.empty(); }

 private:
  struct Range {
    IpAddress first;
    IpAddress last;
  };

  std::vector<Range> ranges_;  // in order, disjoint
};

}  // namespace weir::enrich
