#include <cstdint>
#include <string>

#include "base/error.h"
#include "lake/intent.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const weir::lake::Intent intent = weir::lake::ParseIntent(text, "intent");
    weir::lake::ParseIntent(weir::lake::ToJson(intent), "intent");
  } catch (const weir::UserError& error) {
    if (!std::string_view(error.what()).starts_with("intent:")) {
      __builtin_trap();
    }
  }
  return 0;
}
