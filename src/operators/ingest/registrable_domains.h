#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// What the enrichment makes of a host, for names that people wrote:
//   in:  hosts    host VARCHAR; a host alone, such as www.Example.com or münchen.example
//   out: domains  host, as it came, and domain: its registrable domain by the public suffix list,
//   in
//                 ASCII and lower case, as the column `domain` of events has it; of an address, a
//                 single label or a bare suffix the host itself; null if the text is no host
std::unique_ptr<Operator> MakeRegistrableDomains();

}  // namespace weir::operators
