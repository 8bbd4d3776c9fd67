#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "operators/operator.h"

namespace weir::operators {

// The relation of an argument that the declaration requires: that it is given was checked before.
inline std::string RequiredRelation(const OperatorContext& context, std::string_view argument) {
  const auto relation = context.Relation(argument);
  if (!relation) {
    throw std::logic_error("no relation for argument " + std::string(argument));
  }
  return *relation;
}

}  // namespace weir::operators
