#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "identity/universal_id.h"

namespace weir::identity {

// What besides the evidence decides who is who.
struct Parameters {
  std::int32_t expiry_days = 180;                                // of an id's links …
  std::map<std::string, std::int32_t, std::less<>> expiry_of{};  // … and of those of some parties
  std::uint32_t max_neighbours = 20;                // of one other party; an id with more is a hub
  std::uint32_t max_component = 200;                // ids; a larger component is cut
  std::shared_ptr<const GivenNames> given_names{};  // in place of UniversalId(); null: none

  std::int32_t ExpiryOf(std::string_view party) const {
    const auto found = expiry_of.find(party);
    return found == expiry_of.end() ? expiry_days : found->second;
  }
};

}  // namespace weir::identity
