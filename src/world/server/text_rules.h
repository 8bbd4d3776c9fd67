#pragma once

#include <string>

#include "world/server/bss_file.h"

namespace weir::world {

// What is wrong with how text files shall look, with what is allowed; empty: nothing.
std::string TextRulesFault(const TextRules& rules);

}  // namespace weir::world
