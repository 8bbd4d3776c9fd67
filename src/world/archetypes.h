#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "world/options.h"
#include "world/topics.h"

namespace weir::world {

constexpr std::uint32_t kNumArchetypes = 400;
constexpr std::uint32_t kTopicSlots = 1024;

// Kinds of people: what they read, and how likely they convert. Each archetype is a mixture over
// the topics in units of 1/1024; every topic has some. Immutable after construction; thread-safe.
class Archetypes {
 public:
  explicit Archetypes(const WorldOptions& options);

  // The topic at `slot` < kTopicSlots of an archetype: a uniform slot gives a topic by its share.
  std::uint8_t TopicAt(std::uint32_t archetype, std::uint32_t slot) const {
    return topics_[archetype][slot];
  }
  // How many of the slots a topic has: at least one.
  std::uint32_t TopicShare(std::uint32_t archetype, std::uint32_t topic) const {
    return shares_[archetype][topic];
  }
  // ln of TopicShare(): the evidence of one page for an archetype, but for a constant.
  Fixed TopicEvidence(std::uint32_t archetype, std::uint32_t topic) const {
    return evidence_[archetype][topic];
  }
  // That a person converts for a segment within the days of the world.
  Probability Conversion(std::uint32_t segment, std::uint32_t archetype) const {
    return conversions_[segment][archetype];
  }

 private:
  void MakeMixture(std::uint64_t seed, std::uint32_t archetype);
  void MakeConversions(const WorldOptions& options, std::uint32_t segment);

  std::vector<std::array<std::uint8_t, kTopicSlots>> topics_;
  std::vector<std::array<std::uint32_t, kNumTopics>> shares_;
  std::vector<std::array<Fixed, kNumTopics>> evidence_;
  std::vector<std::array<Probability, kNumArchetypes>> conversions_;
};

}  // namespace weir::world
