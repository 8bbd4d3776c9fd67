#pragma once

#include <string>
#include <vector>

#include "cli/services.h"

namespace weir::cli {

// The regions of the project whose people have been found, in the order of weir.yaml. Throws
// UserError, with what is to be done, if there are none.
std::vector<std::string> RegionsWithPeople(Services& services);

}  // namespace weir::cli
