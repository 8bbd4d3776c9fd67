#pragma once

#include <string>

namespace weir::net {

// Whether both URLs have the same scheme, host (in any case of letters) and port, be it said or the
// scheme's own: who may get the one's secrets may get the other's. False for texts that are no
// URLs. May be called from any thread.
bool IsOfOneOrigin(const std::string& left, const std::string& right);

}  // namespace weir::net
