#include "base/error.h"

#include <system_error>

namespace weir {

std::string SystemMessage(const std::string& what, int error_number) {
  return what + ": " + std::generic_category().message(error_number);
}

}  // namespace weir
