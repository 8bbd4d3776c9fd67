#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// Keys of ids (user_key.h):
//   in:  ids   party VARCHAR, user_id VARCHAR, neither null
//   out: keys  party, user_id, user_key (32 hex digits), key_epoch (8 hex digits), in that order
std::unique_ptr<Operator> MakeHashUsers();

}  // namespace weir::operators
