#include "enrich/id_filter.h"

#include <algorithm>

namespace weir::enrich {
namespace {

__extension__ using Product = unsigned __int128;

constexpr std::size_t kBitsOfId = 24;
constexpr std::size_t kBitsOfBlock = 512;
constexpr unsigned kBitsOfChoice = 6;  // which bit of a word
constexpr std::size_t kFewest = 1024;  // ids that a filter has room for

// The bit of a block's word that is the id's.
std::uint64_t BitOf(const Hash128& id, std::size_t word) {
  return std::uint64_t{1} << (id.low >> (word * kBitsOfChoice) & 63U);
}

}  // namespace

IdFilter::IdFilter(std::size_t ids) { AddLayer(ids + ids / 8); }

void IdFilter::Add(const Hash128& id) {
  if (layers_.back().used == layers_.back().room) {
    AddLayer(layers_.back().room * 2);
  }
  Layer& layer = layers_.back();
  ++layer.used;
  Block& block = layer.blocks[BlockOf(layer, id)];
  for (std::size_t word = 0; word < block.size(); ++word) {
    block[word] |= BitOf(id, word);
  }
}

bool IdFilter::MayContain(const Hash128& id) const {
  return std::ranges::any_of(layers_,
                             [&](const Layer& layer) { return LayerMayContain(layer, id); });
}

std::size_t IdFilter::memory_bytes() const {
  std::size_t bytes = sizeof(IdFilter);
  for (const Layer& layer : layers_) {
    bytes += sizeof(Layer) + layer.blocks.size() * sizeof(Block);
  }
  return bytes;
}

// The high half scaled to the blocks; the low half chooses the bits.
std::size_t IdFilter::BlockOf(const Layer& layer, const Hash128& id) {
  return static_cast<std::size_t>(static_cast<Product>(id.high) * layer.blocks.size() >> 64U);
}

bool IdFilter::LayerMayContain(const Layer& layer, const Hash128& id) {
  const Block& block = layer.blocks[BlockOf(layer, id)];
  std::uint64_t missing = 0;
  for (std::size_t word = 0; word < block.size(); ++word) {
    missing |= ~block[word] & BitOf(id, word);
  }
  return missing == 0;
}

void IdFilter::AddLayer(std::size_t ids) {
  const std::size_t room = std::max(ids, kFewest);
  layers_.push_back(
      {.blocks = std::vector<Block>(room * kBitsOfId / kBitsOfBlock + 1), .room = room});
}

}  // namespace weir::enrich
