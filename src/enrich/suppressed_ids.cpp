#include "enrich/suppressed_ids.h"

#include <algorithm>
#include <utility>

namespace weir::enrich {

SuppressedIds::SuppressedIds(std::string salt, std::vector<Hash128> hashes)
    : salt_(std::move(salt)), hashes_(std::move(hashes)) {
  std::ranges::sort(hashes_);
}

// Each text has its length before it, so that no two lists of texts look the same.
Hash128 SuppressedIds::HashId(std::string_view salt, std::string_view party, std::string_view id) {
  std::string bytes;
  for (const std::string_view text : {salt, party, id}) {
    const std::uint64_t size = text.size();
    bytes.append(reinterpret_cast<const char*>(&size), sizeof(size)).append(text);
  }
  return HashOf(bytes);
}

bool SuppressedIds::Contains(std::string_view party, std::string_view id) const {
  return !IsEmpty() && std::ranges::binary_search(hashes_, HashId(salt_, party, id));
}

}  // namespace weir::enrich
