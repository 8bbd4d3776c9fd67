#pragma once

#include <string>

namespace weir {

// weir's version, "0.1.0".
std::string Version();

}  // namespace weir
