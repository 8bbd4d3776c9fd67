#pragma once

#include <string>

#include "base/error.h"

// For tests alone.
namespace weir {

// The text of the error of kind `Error` that `act` throws; "" if none.
template <typename Error = UserError, typename Act>
std::string ErrorOf(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace weir
