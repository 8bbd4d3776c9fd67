#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/huge_pages.h"
#include "identity/packed_text.h"

// Ids as small numbers. This is where the time goes on real input: every row names two ids of some
// 36 bytes, most of them seen before, so each look-up misses the cache. Names are packed and hashed
// a block at a time and dealt out to shards that threads fill without locks, as the partitions of
// a radix join are; within a shard they stand in an open table, and what a look-up needs is fetched
// while those before it are compared (group prefetching, Chen et al., 2004). A slot holds 38 bits
// of what a name must agree in, and then all of the name is compared: two ids never become one.
// Memory: 18 bytes an id, 12 to 24 for its slot, and its text if it isn't packed (packed_text.h);
// one shard of 64 at a time has up to twice that while it grows.
namespace weir::identity {

using PartyCode = std::uint16_t;  // below kMaxParties
using IdNumber = std::uint32_t;
inline constexpr IdNumber kNoId = 0xffff'ffff;
// Whoever calls the mapper names parties, so some lines of nonsense must not reach the end of them.
inline constexpr std::size_t kMaxParties = 1U << 14U;

class TooManyParties : public UserError {
 public:
  using UserError::UserError;
};

// An id within its party; the text is borrowed.
struct IdName {
  PartyCode party = 0;
  std::string_view text{};

  friend bool operator==(const IdName&, const IdName&) = default;
};

class IdDictionary {
 public:
  IdDictionary();
  IdDictionary(IdDictionary&&) noexcept;
  IdDictionary& operator=(IdDictionary&&) noexcept;
  ~IdDictionary();

  // The code of a party, a new one if need be. Throws TooManyParties past kMaxParties.
  PartyCode CodeOf(std::string_view party);
  const std::string& PartyName(PartyCode code) const { return parties_[code]; }
  std::size_t num_parties() const { return parties_.size(); }

  // Writes the number of each name to `numbers`, new ones where need be. Which number an id gets
  // depends on the order of names, not on the number of threads. Throws UserError past 2^32 ids.
  // Fastest for some hundred thousand names a call; 32 bytes a name are kept for the next one.
  void Number(std::span<const IdName> names, int threads, std::span<IdNumber> numbers);
  // The same of names that `name_of` gives by place; any thread asks, more than once.
  void Number(const std::function<IdName(std::size_t)>& name_of, int threads,
              std::span<IdNumber> numbers);
  // Any thread, while no other numbers.
  std::optional<IdNumber> Find(const IdName& name) const;

  // The text lies in `room` or in the dictionary, there until the next Number().
  IdName NameOf(IdNumber number, TextRoom& room) const;
  PartyCode PartyOf(IdNumber number) const;
  // Whether one id stands before another: by party, then by text, bytewise.
  bool Precedes(IdNumber left, IdNumber right) const;
  // Has what NameOf() reads brought near, for callers that will need it some 10 ids later.
  void Prefetch(IdNumber number) const;

  // Every number is below; some below belong to no id.
  std::size_t num_slots() const;
  std::size_t size() const;
  // Bytes that the ids take, without what Number() keeps for its next call.
  std::size_t memory_bytes() const;

 private:
  static constexpr std::uint32_t kNumShards = 64;

  struct Dealt;
  class DealtNames;

  // Ids of equal low bits of their hash.
  class Shard {
   public:
    // `text` is that of the name if it isn't packed.
    std::uint32_t Add(const Dealt& name, std::string_view text);
    std::optional<std::uint32_t> Find(const Dealt& name, std::string_view text) const;
    IdName NameOf(std::uint32_t index, TextRoom& room) const;
    PackedText PackedOf(std::uint32_t index) const;
    PartyCode PartyOf(std::uint32_t index) const {
      return static_cast<PartyCode>(kinds_[index] & (kMaxParties - 1));
    }
    std::size_t size() const { return kinds_.size(); }
    std::size_t memory_bytes() const;

    void PrefetchSlot(const Dealt& name) const;
    void PrefetchRecord(const Dealt& name) const;
    void PrefetchName(std::uint32_t index) const;

   private:
    // A packed text, or where one that isn't stands among the texts.
    struct Record {
      std::uint64_t high_or_begin = 0;
      std::uint64_t low_or_size = 0;
    };

    std::size_t SlotOf(const Dealt& name, std::string_view text) const;
    bool IsAt(std::uint32_t index, const Dealt& name, std::string_view text) const;
    std::string_view LongText(std::uint32_t index) const;
    void Grow();

    HugeVector<std::uint64_t> slots_;  // a power of two; 0: free
    HugeVector<Record> records_;
    HugeVector<std::uint16_t> kinds_;  // party, and form << 14
    HugeVector<char> texts_;
    bool has_high_parties_ = false;  // that slots don't tell from others
  };

  // Names of one shard.
  void NumberSome(std::span<const Dealt> names, std::uint32_t number_of_shard,
                  const std::function<IdName(std::size_t)>& name_of, std::span<IdNumber> numbers);

  std::vector<std::string> parties_;
  std::map<std::string, PartyCode, std::less<>> codes_;
  std::vector<PartyCode> ranks_;  // by code: the place of its name among all
  std::vector<Shard> shards_;
  std::unique_ptr<DealtNames> dealt_;  // of the last call, for its memory
};

}  // namespace weir::identity
