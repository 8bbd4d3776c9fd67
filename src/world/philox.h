#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

// Philox4x32-10, a counter-based random number generator: Salmon, Moraes, Dror, Shaw, "Parallel
// random numbers: as easy as 1, 2, 3", SC 2011. Every draw is a pure function of a key and a
// counter, so that any part of a world can be made alone, in any order, on any thread.
namespace weir::world {

using PhiloxBlock = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

// One block of 128 random bits.
inline PhiloxBlock Philox(PhiloxBlock counter, PhiloxKey key) {
  constexpr std::uint64_t kFirstMultiplier = 0xD2511F53;
  constexpr std::uint64_t kSecondMultiplier = 0xCD9E8D57;
  constexpr std::uint32_t kFirstWeyl = 0x9E3779B9;
  constexpr std::uint32_t kSecondWeyl = 0xBB67AE85;
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t first = kFirstMultiplier * counter[0];
    const std::uint64_t second = kSecondMultiplier * counter[2];
    counter = {static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(second),
               static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(first)};
    key[0] += kFirstWeyl;
    key[1] += kSecondWeyl;
  }
  return counter;
}

// A probability in units of 2^-32: 0 … 2^32.
using Probability = std::uint64_t;
constexpr Probability kCertain = std::uint64_t{1} << 32;

// What a stream of random numbers is for: streams of different purposes share no numbers.
enum class Purpose : std::uint32_t {
  kPerson = 1,
  kDevice,
  kHousehold,
  kDay,
  kConversion,
  kLine,
  kFile,
  kStray,
  kBot,
  kIdentifier,
  kNoise,
  kSite,
  kArchetype,
  kSegment,
  kConsent,
};

// What a stream belongs to: a purpose and two numbers, such as a person and a day.
struct StreamName {
  Purpose purpose;
  std::uint32_t entity = 0;
  std::uint32_t part = 0;
};

// A stream of random numbers, fixed by seed and name. Not thread-safe; cheap to make.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, StreamName name)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        counter_{0, static_cast<std::uint32_t>(name.purpose), name.entity, name.part} {}

  std::uint32_t Next() {
    if (used_ == block_.size()) {
      block_ = Philox(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }
  std::uint64_t NextWide() {
    const std::uint64_t high = Next();
    return high << 32 | Next();
  }
  // 0 … bound − 1, with a bias of at most bound / 2^32.
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(std::uint64_t{Next()} * bound >> 32);
  }
  bool Chance(Probability probability) { return Next() < probability; }

 private:
  PhiloxKey key_;
  PhiloxBlock counter_;
  PhiloxBlock block_{};
  std::size_t used_ = 4;
};

// One of `texts`, which aren't empty.
inline std::string_view Pick(std::span<const std::string_view> texts, RandomStream& random) {
  return texts[random.Below(static_cast<std::uint32_t>(texts.size()))];
}

}  // namespace weir::world
