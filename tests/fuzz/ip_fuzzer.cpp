// Addresses are read as inet_pton reads them, and none survives in a text of which they are part.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <arpa/inet.h>

#include "enrich/ip_address.h"
#include "enrich/ip_literals.h"
#include "enrich/json_fields.h"

namespace {

// Every character as two hex digits behind `prefix`.
std::string Encoded(const std::string& text, const char* prefix) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string encoded;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    encoded += prefix;
    encoded += kDigits[byte >> 4U];
    encoded += kDigits[byte & 15U];
  }
  return encoded;
}

void Check(bool holds) {
  if (!holds) {
    __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto address = weir::enrich::ParseIp(text);
  std::array<std::uint8_t, 16> bytes{};
  const bool is_library_v4 = inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
  const bool is_library_v6 = inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
  const bool has_nul = text.find('\0') != std::string::npos;
  Check(has_nul || address.has_value() == (is_library_v4 || is_library_v6));
  if (address) {
    const std::string spelt = weir::enrich::ToText(*address);
    Check(weir::enrich::ParseIp(spelt) == address);
    const std::string cut = weir::enrich::ToText(weir::enrich::Truncated(*address));
    Check(weir::enrich::WithTruncatedIps(text, 1000) == cut);
    for (const char* prefix : {"%", "%25", "\\u00"}) {
      Check(weir::enrich::WithTruncatedIps(Encoded(text, prefix), 1000) == cut);
    }
  }
  const std::string truncated = weir::enrich::WithTruncatedIps(text, 1000);
  Check(truncated.size() <= 1000 && weir::enrich::IsUtf8(truncated));
  return 0;
}
