// Times: where two parsers of this program read the same text, they agree.
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "enrich/timestamp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto time = weir::enrich::ParseTimestampText(text);
  const auto number = weir::enrich::ParseTimestampNumber(text);
  const auto iso = weir::ParseTimestamp(text);
  if ((number && time != number) || (number && *number < 0) || (time && !number && iso && time != iso)) {
    __builtin_trap();
  }
  weir::enrich::ParseLogTimestamp(text);
  return 0;
}
