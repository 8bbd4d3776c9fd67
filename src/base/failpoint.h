#pragma once

#include <string_view>

namespace weir {

// A named place where a test may kill the program: WEIR_FAILPOINT="name" or "name:3" (the third
// time it is reached) ends the process there by SIGKILL, as a power cut would, after appending the
// name to the file WEIR_FAILPOINT_LOG. Nothing in a release build.
#ifdef WEIR_FAILPOINTS
void Failpoint(std::string_view name);
#else
inline void Failpoint(std::string_view /*name*/) {}
#endif

}  // namespace weir
