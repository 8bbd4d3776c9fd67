#include <cstdint>
#include <string>

#include "base/error.h"
#include "lake/actions.h"

// What can be read can be written, and is then read as such an action.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    for (const weir::lake::Action& action : weir::lake::ParseLogEntry(text, "log")) {
      const auto again = weir::lake::ParseLogEntry(weir::lake::ToJson(action), "log");
      if (again.size() != 1 || again[0].index() != action.index()) {
        __builtin_trap();
      }
    }
  } catch (const weir::UserError& error) {
    if (!std::string_view(error.what()).starts_with("log:")) {
      __builtin_trap();
    }
  }
  return 0;
}
