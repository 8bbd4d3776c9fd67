#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hashing.h"

namespace weir::enrich {

// Which ids may be in a set: Bloom filters in blocks of 512 bits, of which an id sets one bit in
// each of the block's eight words (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom
// Filters, 2007), one beside the other as ids come (Almeida and others: Scalable Bloom Filters,
// 2007): a full one gets a neighbour for twice as many. An id costs 3 bytes of room, and to ask for
// it one line of the processor's cache a filter. Of ids that were not added fewer than one in 1,000
// passes for one that was. Not thread-safe.
class IdFilter {
 public:
  // The first filter is for so many ids, and an eighth more. Ids are hashes: their bits are taken
  // to be even.
  explicit IdFilter(std::size_t ids);

  void Add(const Hash128& id);
  // True for every id that was added.
  bool MayContain(const Hash128& id) const;
  std::size_t memory_bytes() const;

 private:
  using Block = std::array<std::uint64_t, 8>;

  struct Layer {
    std::vector<Block> blocks;
    std::size_t room = 0;  // ids
    std::size_t used = 0;
  };

  static std::size_t BlockOf(const Layer& layer, const Hash128& id);
  static bool LayerMayContain(const Layer& layer, const Hash128& id);
  void AddLayer(std::size_t ids);

  std::vector<Layer> layers_;
};

}  // namespace weir::enrich
