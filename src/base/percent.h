#pragma once

#include <string>
#include <string_view>

namespace weir {

// Percent-encodes every byte but letters, digits and "-_.~" and the bytes of `keep`.
std::string PercentEncode(std::string_view text, std::string_view keep = "");

// Decodes %XX; a '%' that no two hex digits follow stays as it is.
std::string PercentDecode(std::string_view text);

}  // namespace weir
