#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Ids as small numbers. This is where the time goes on real input: every row names two ids of some
// 36 bytes, most of them seen before, so each look-up misses the cache. Ids are spread by a hash
// over shards that threads fill without locks; within a shard they stand in an open table of
// (32 bits of the hash, number), and texts are compared, so two ids never become one.
// Memory: 25 bytes an id beside its text, up to twice that while a shard grows.
namespace weir::identity {

using PartyCode = std::uint8_t;
using IdNumber = std::uint32_t;
inline constexpr IdNumber kNoId = 0xffff'ffff;

// An id within its party; the text is borrowed.
struct IdName {
  PartyCode party = 0;
  std::string_view text{};

  friend bool operator==(const IdName&, const IdName&) = default;
};

class IdDictionary {
 public:
  IdDictionary() : shards_(kNumShards) {}

  // The code of a party, a new one if need be. Throws UserError past 256 parties.
  PartyCode CodeOf(std::string_view party);
  const std::string& PartyName(PartyCode code) const { return parties_[code]; }
  std::size_t num_parties() const { return parties_.size(); }

  // Writes the number of each name to `numbers`, new ones where need be. Which number an id gets
  // depends on the order of names, not on the number of threads. Throws UserError past 2^32 ids.
  void Number(std::span<const IdName> names, int threads, std::span<IdNumber> numbers);
  // Any thread, while no other numbers.
  std::optional<IdNumber> Find(const IdName& name) const;

  // Valid until the next Number().
  IdName NameOf(IdNumber number) const;
  PartyCode PartyOf(IdNumber number) const;
  // Whether one id stands before another: by party, then by text, bytewise.
  bool Precedes(IdNumber left, IdNumber right) const;

  // Every number is below; some below belong to no id.
  std::size_t num_slots() const;
  std::size_t size() const;

 private:
  static constexpr std::uint32_t kNumShards = 64;

  // Ids of equal low bits of their hash.
  class Shard {
   public:
    std::uint32_t Add(const IdName& name, std::uint32_t tag);
    std::optional<std::uint32_t> Find(const IdName& name, std::uint32_t tag) const;
    IdName NameOf(std::uint32_t index) const;
    PartyCode PartyOf(std::uint32_t index) const { return parties_[index]; }
    std::size_t size() const { return parties_.size(); }
    void Prefetch(std::uint32_t tag) const;

   private:
    struct Slot {
      std::uint32_t tag = 0;
      std::uint32_t index_and_one = 0;  // 0: free
    };

    std::size_t SlotOf(const IdName& name, std::uint32_t tag) const;
    void Grow();

    std::vector<Slot> slots_;  // a power of two
    std::vector<std::uint64_t> ends_;
    std::vector<PartyCode> parties_;
    std::vector<char> texts_;
  };

  struct HashedNames;

  std::vector<std::string> parties_;
  std::vector<Shard> shards_;
};

}  // namespace weir::identity
