#include "identity/id_dictionary.h"

#include <algorithm>
#include <cstring>

#include <xxhash.h>

#include "base/error.h"
#include "base/parallel.h"

namespace weir::identity {
namespace {

constexpr std::size_t kMaxParties = 256;
constexpr std::size_t kFirstSlots = 64;
constexpr std::size_t kHashBlock = 1 << 14;  // names that one thread hashes at a time
constexpr std::size_t kLookAhead = 12;       // names between a prefetch and its use
constexpr std::uint32_t kShardBits = 6;

std::uint64_t HashOfName(const IdName& name) {
  return XXH3_64bits_withSeed(name.text.data(), name.text.size(), name.party);
}

std::uint32_t TagOf(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32U); }

}  // namespace

// The names of one call by shard.
struct IdDictionary::HashedNames {
  struct Entry {
    std::uint32_t at = 0;  // among the names
    std::uint32_t tag = 0;
  };
  std::vector<Entry> entries{};  // shard after shard, in the names' order
  std::array<std::size_t, kNumShards + 1> starts{};

  HashedNames(std::span<const IdName> names, int threads) : entries(names.size()) {
    std::vector<std::uint64_t> hashes(names.size());
    ParallelFor((names.size() + kHashBlock - 1) / kHashBlock, threads, [&](std::size_t block) {
      const std::size_t end = std::min(names.size(), (block + 1) * kHashBlock);
      for (std::size_t i = block * kHashBlock; i < end; ++i) {
        hashes[i] = HashOfName(names[i]);
      }
    });
    for (const std::uint64_t hash : hashes) {
      ++starts[hash % kNumShards + 1];
    }
    for (std::size_t shard = 0; shard < kNumShards; ++shard) {
      starts[shard + 1] += starts[shard];
    }
    auto next = starts;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      entries[next[hashes[i] % kNumShards]++] = {.at = static_cast<std::uint32_t>(i),
                                                 .tag = TagOf(hashes[i])};
    }
  }
};

PartyCode IdDictionary::CodeOf(std::string_view party) {
  const auto found = std::ranges::find(parties_, party);
  if (found == parties_.end()) {
    if (parties_.size() == kMaxParties) {
      throw UserError("ids of more than {} parties; the last is '{}'", kMaxParties, party);
    }
    parties_.emplace_back(party);
    return static_cast<PartyCode>(parties_.size() - 1);
  }
  return static_cast<PartyCode>(found - parties_.begin());
}

void IdDictionary::Number(std::span<const IdName> names, int threads, std::span<IdNumber> numbers) {
  const HashedNames hashed(names, threads);
  ParallelFor(kNumShards, threads, [&](std::size_t number) {
    Shard& shard = shards_[number];
    const std::size_t end = hashed.starts[number + 1];
    for (std::size_t i = hashed.starts[number]; i < end; ++i) {
      if (i + kLookAhead < end) {
        shard.Prefetch(hashed.entries[i + kLookAhead].tag);
      }
      const auto [at, tag] = hashed.entries[i];
      numbers[at] = shard.Add(names[at], tag) << kShardBits | static_cast<IdNumber>(number);
    }
  });
}

std::optional<IdNumber> IdDictionary::Find(const IdName& name) const {
  const std::uint64_t hash = HashOfName(name);
  const auto shard = static_cast<IdNumber>(hash % kNumShards);
  const auto index = shards_[shard].Find(name, TagOf(hash));
  return index ? std::optional(*index << kShardBits | shard) : std::nullopt;
}

IdName IdDictionary::NameOf(IdNumber number) const {
  return shards_[number % kNumShards].NameOf(number >> kShardBits);
}

PartyCode IdDictionary::PartyOf(IdNumber number) const {
  return shards_[number % kNumShards].PartyOf(number >> kShardBits);
}

bool IdDictionary::Precedes(IdNumber left, IdNumber right) const {
  const IdName one = NameOf(left);
  const IdName other = NameOf(right);
  return one.party == other.party ? one.text < other.text
                                  : parties_[one.party] < parties_[other.party];
}

std::size_t IdDictionary::num_slots() const {
  std::size_t longest = 0;
  for (const Shard& shard : shards_) {
    longest = std::max(longest, shard.size());
  }
  return longest << kShardBits;
}

std::size_t IdDictionary::size() const {
  std::size_t size = 0;
  for (const Shard& shard : shards_) {
    size += shard.size();
  }
  return size;
}

std::uint32_t IdDictionary::Shard::Add(const IdName& name, std::uint32_t tag) {
  if (parties_.size() * 2 >= slots_.size()) {
    Grow();
  }
  Slot& slot = slots_[SlotOf(name, tag)];
  if (slot.index_and_one == 0) {
    if (parties_.size() >= kNoId >> kShardBits) {
      throw UserError("more than 2^32 ids in one graph");
    }
    texts_.insert(texts_.end(), name.text.begin(), name.text.end());
    ends_.push_back(texts_.size());
    parties_.push_back(name.party);
    slot = {.tag = tag, .index_and_one = static_cast<std::uint32_t>(parties_.size())};
  }
  return slot.index_and_one - 1;
}

std::optional<std::uint32_t> IdDictionary::Shard::Find(const IdName& name,
                                                       std::uint32_t tag) const {
  if (slots_.empty()) {
    return std::nullopt;
  }
  const Slot& slot = slots_[SlotOf(name, tag)];
  return slot.index_and_one == 0 ? std::nullopt : std::optional(slot.index_and_one - 1);
}

IdName IdDictionary::Shard::NameOf(std::uint32_t index) const {
  const std::uint64_t start = index == 0 ? 0 : ends_[index - 1];
  return {.party = parties_[index], .text = {texts_.data() + start, ends_[index] - start}};
}

void IdDictionary::Shard::Prefetch(std::uint32_t tag) const {
  if (!slots_.empty()) {
    __builtin_prefetch(&slots_[tag & (slots_.size() - 1)]);
  }
}

// The slot of `name`, or the free one where it belongs.
std::size_t IdDictionary::Shard::SlotOf(const IdName& name, std::uint32_t tag) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = tag & mask;
  while (slots_[at].index_and_one != 0 &&
         (slots_[at].tag != tag || NameOf(slots_[at].index_and_one - 1) != name)) {
    at = (at + 1) & mask;
  }
  return at;
}

void IdDictionary::Shard::Grow() {
  std::vector<Slot> larger(std::max(kFirstSlots, slots_.size() * 2));
  const std::size_t mask = larger.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.index_and_one != 0) {
      std::size_t at = slot.tag & mask;
      while (larger[at].index_and_one != 0) {
        at = (at + 1) & mask;
      }
      larger[at] = slot;
    }
  }
  slots_ = std::move(larger);
}

}  // namespace weir::identity
