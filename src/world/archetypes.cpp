#include "world/archetypes.h"

#include <algorithm>

#include "base/int128.h"
#include "world/philox.h"

namespace weir::world {
namespace {

constexpr std::uint32_t kLeastShare = 12;
constexpr std::uint32_t kFavouriteStep = 83;  // slots that one draw adds to a favourite
constexpr Probability kGreatestConversion = kCertain / 10 * 9;

}  // namespace

Archetypes::Archetypes(const WorldOptions& options)
    : topics_(kNumArchetypes),
      shares_(kNumArchetypes),
      evidence_(kNumArchetypes),
      conversions_(options.segments) {
  for (std::uint32_t archetype = 0; archetype < kNumArchetypes; ++archetype) {
    MakeMixture(options.seed, archetype);
  }
  for (std::uint32_t segment = 0; segment < options.segments; ++segment) {
    MakeConversions(options, segment);
  }
}

// Every topic has a least share; the rest goes to a few favourites, a step at a time.
void Archetypes::MakeMixture(std::uint64_t seed, std::uint32_t archetype) {
  RandomStream random(seed, {.purpose = Purpose::kArchetype, .entity = archetype});
  auto& shares = shares_[archetype];
  shares.fill(kLeastShare);
  std::array<std::uint32_t, 5> favourites{};
  std::ranges::generate(favourites, [&] { return random.Below(kNumTopics); });
  const std::uint32_t num_favourites = 2 + random.Below(4);
  std::uint32_t left = kTopicSlots - kLeastShare * static_cast<std::uint32_t>(kNumTopics);
  while (left > 0) {
    const std::uint32_t step = std::min(left, kFavouriteStep);
    shares[favourites[random.Below(num_favourites)]] += step;
    left -= step;
  }
  auto slot = topics_[archetype].begin();
  for (std::size_t topic = 0; topic < kNumTopics; ++topic) {
    slot = std::fill_n(slot, shares[topic], static_cast<std::uint8_t>(topic));
    evidence_[archetype][topic] = NaturalLog(shares[topic]);
  }
}

// Grows with the share of the advertiser's topic, and a little by chance; scaled to the mean.
void Archetypes::MakeConversions(const WorldOptions& options, std::uint32_t segment) {
  const std::uint32_t topic = segment % static_cast<std::uint32_t>(kNumTopics);
  RandomStream random(options.seed, {.purpose = Purpose::kSegment, .entity = segment});
  std::array<std::uint64_t, kNumArchetypes> weights{};
  std::uint64_t total = 0;
  for (std::uint32_t archetype = 0; archetype < kNumArchetypes; ++archetype) {
    const std::uint64_t share = shares_[archetype][topic];
    weights[archetype] = share * 16 + random.Below(1024);
    total += weights[archetype];
  }
  for (std::uint32_t archetype = 0; archetype < kNumArchetypes; ++archetype) {
    const auto probability =
        static_cast<Probability>(static_cast<UnsignedInt128>(options.rates.conversion) *
                                 kNumArchetypes * weights[archetype] / total);
    conversions_[segment][archetype] = std::min(probability, kGreatestConversion);
  }
}

}  // namespace weir::world
