#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "lake/actions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const weir::Schema schema =
        weir::lake::ParseSchemaJson({reinterpret_cast<const char*>(data), size});
    if (weir::lake::ParseSchemaJson(weir::lake::SchemaToJson(schema)) != schema) {
      __builtin_trap();
    }
  } catch (const weir::UserError&) {
  }
  return 0;
}
