#include "identity/universal_id.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/error.h"

namespace weir::identity {

Hash128 UniversalId(std::string_view party, std::string_view id) {
  constexpr std::size_t kUsualSize = 256;
  if (party.size() + 1 + id.size() > kUsualSize) {
    return HashOf(std::string(party) + '\x1f' + std::string(id));
  }
  std::array<char, kUsualSize> bytes;
  char* end = std::ranges::copy(party, bytes.data()).out;
  *end++ = '\x1f';
  end = std::ranges::copy(id, end).out;
  return HashOf({bytes.data(), static_cast<std::size_t>(end - bytes.data())});
}

Hash128 ParseUniversalId(std::string_view hex) {
  const auto hash = ParseHash(hex);
  if (!hash) {
    throw UserError("'{}' is no universal id; 32 lower-case hex digits are", hex);
  }
  return *hash;
}

}  // namespace weir::identity
