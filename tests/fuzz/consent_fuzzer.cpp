// Consent strings: any bytes are judged; what has no version 2 in front grants nothing.
#include <cstdint>
#include <string_view>

#include "enrich/consent.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static weir::enrich::ConsentReader reader({});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (reader.Grants(text) && !text.starts_with('C')) {
    __builtin_trap();
  }
  return 0;
}
