#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "world/raw_event.h"
#include "world/world.h"

namespace weir::world {

// How many good pages of each topic were seen.
using TopicCounts = std::array<std::uint32_t, kNumTopics>;

// An edge as accepted syncs show it: party and id of both ends, the lesser first.
struct ShownEdge {
  std::string party_a;
  std::string id_a;
  std::string party_b;
  std::string id_b;
  bool noise = false;

  friend auto operator<=>(const ShownEdge&, const ShownEdge&) = default;
};

// What the events of one household over all days show. They are made once more for it, not kept.
//
// The evidence for a person is the pages of the good events of those of its own ids that the
// syncs join: of the greatest connected component of ids that are only its own (by number of ids;
// of equal ones that of the least id), joins by noise left out. An id that no sync shows is a
// component by itself. Events that are conversions for a segment are no evidence: they are what is
// to be foretold.
class HouseholdTruth {
 public:
  HouseholdTruth(const World& world, std::uint32_t household);

  struct KnownId {
    Party party = Party::kAf;
    CookieSet cookies;
    friend auto operator<=>(const KnownId&, const KnownId&) = default;
  };

  const std::vector<Person>& members() const { return members_; }
  // Ids of a member, those of its shared devices among them, ascending.
  std::vector<KnownId> IdsOf(const Person& person) const;
  const std::vector<ShownEdge>& edges() const { return edges_; }
  TopicCounts EvidenceOf(const Person& person) const;

 private:
  struct Seen {
    std::size_t parent = 0;  // in seen_; a root is its own
    TopicCounts pages{};
  };
  void AddEvent(const RawEvent& event);
  void AddSync(const RawEvent& event);
  std::size_t IndexOf(const KnownId& id);
  std::size_t RootOf(std::size_t index) const;

  const World& world_;
  std::vector<Person> members_;
  std::map<KnownId, std::size_t> indices_;
  std::vector<Seen> seen_;
  std::vector<ShownEdge> edges_;
};

// The exact probability that a person converts for each segment, given pages of these topics:
// every archetype is as likely as any other before, and the topics of pages are drawn from the
// archetype's mixture alone.
std::vector<double> ConversionGiven(const World& world, const TopicCounts& pages);

}  // namespace weir::world
