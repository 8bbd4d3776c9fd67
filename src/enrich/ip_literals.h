#pragma once

#include <string>
#include <string_view>

namespace weir::enrich {

// `line` with every IP literal in it truncated as Truncated() does it, whatever stands around it,
// also where characters of it are percent-encoded (any number of times) or escaped as JSON does it;
// bytes that aren't UTF-8 replaced by U+FFFD; and cut at `max_bytes` so that no part of a literal
// is left at the cut. Where text may be read as an address or as something else (a version
// "1.2.3.4"), it is an address. Time: linear in the line.
std::string WithTruncatedIps(std::string_view line, std::size_t max_bytes);

}  // namespace weir::enrich
