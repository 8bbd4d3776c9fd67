#include "world/household_truth.h"

#include <algorithm>

#include "base/int128.h"
#include "world/person_days.h"

namespace weir::world {
namespace {

std::string IdText(const World& world, const SyncedId& id) {
  std::string text;
  AppendId(world.options.seed, id.party, id.cookies, text);
  return text;
}

bool BelongsTo(const CookieSet& cookies, std::uint32_t person) {
  return (cookies.kind == CookieKind::kOwn || cookies.kind == CookieKind::kPrivate) &&
         cookies.owner == person;
}

bool IsSegmentConversion(const World& world, const RawEvent& event) {
  return event.kind == EventKind::kConversion && event.site < world.options.segments;
}

}  // namespace

HouseholdTruth::HouseholdTruth(const World& world, std::uint32_t household) : world_(world) {
  const std::uint32_t first = household * kHouseholdSize;
  const std::uint32_t end = std::min(first + kHouseholdSize, world.options.people);
  std::vector<RawEvent> events;
  for (std::uint32_t number = first; number < end; ++number) {
    const Person& person = members_.emplace_back(MakePerson(world.options, number));
    // Noise may show this id of a stranger, so it is known whether or not it has events.
    IndexOf({.party = Party::kSt, .cookies = person.devices[0].CookiesOn(0)});
    for (std::uint32_t day = 0; day < world.options.days; ++day) {
      events.clear();
      AppendPersonDay(world, person, day, events);
      std::ranges::for_each(events, [this](const RawEvent& event) { AddEvent(event); });
    }
  }
  std::ranges::sort(edges_);
  edges_.erase(std::ranges::unique(edges_).begin(), edges_.end());
}

void HouseholdTruth::AddEvent(const RawEvent& event) {
  constexpr std::array<Party, kNumFeeds> kParties = {Party::kAf, Party::kSt, Party::kTt};
  if (IsBad(event.outcome)) {
    return;
  }
  if (event.feed == Feed::kMapping) {
    AddSync(event);
    return;
  }
  if (event.junk != kNoJunk) {
    return;
  }
  const std::size_t index =
      IndexOf({.party = kParties[static_cast<std::size_t>(event.feed)], .cookies = event.cookies});
  if (event.outcome == Outcome::kGood && !IsSegmentConversion(world_, event)) {
    ++seen_[index].pages[event.topic];
  }
}

void HouseholdTruth::AddSync(const RawEvent& event) {
  std::vector<SyncedId> ids;
  std::copy_if(event.ids.begin(), event.ids.begin() + event.num_ids, std::back_inserter(ids),
               [](const SyncedId& id) { return id.junk == kNoJunk; });
  const std::size_t num_own = event.noise ? std::min<std::size_t>(1, ids.size()) : ids.size();
  for (std::size_t index = 0; index < num_own; ++index) {
    if (ids[index].cookies.kind != CookieKind::kKiosk &&
        ids[index].cookies.owner == event.cookies.owner) {
      IndexOf({.party = ids[index].party, .cookies = ids[index].cookies});
    }
  }
  if (event.outcome != Outcome::kGood) {
    return;
  }
  for (std::size_t left = 0; left < ids.size(); ++left) {
    for (std::size_t right = left + 1; right < ids.size(); ++right) {
      const auto end_of = [this](const SyncedId& id) {
        return std::pair(std::string(PartyName(id.party)), IdText(world_, id));
      };
      auto least = end_of(ids[left]);
      auto greatest = end_of(ids[right]);
      if (greatest < least) {
        std::swap(least, greatest);
      }
      edges_.push_back({least.first, least.second, greatest.first, greatest.second, event.noise});
      if (!event.noise) {
        const std::size_t root = RootOf(IndexOf({ids[left].party, ids[left].cookies}));
        seen_[root].parent = RootOf(IndexOf({ids[right].party, ids[right].cookies}));
      }
    }
  }
}

std::size_t HouseholdTruth::IndexOf(const KnownId& id) {
  const auto [entry, is_new] = indices_.try_emplace(id, seen_.size());
  if (is_new) {
    seen_.push_back({.parent = seen_.size()});
  }
  return entry->second;
}

std::size_t HouseholdTruth::RootOf(std::size_t index) const {
  while (seen_[index].parent != index) {
    index = seen_[index].parent;
  }
  return index;
}

std::vector<HouseholdTruth::KnownId> HouseholdTruth::IdsOf(const Person& person) const {
  const auto uses = [&person](const CookieSet& cookies) {
    return std::any_of(person.devices.begin() + person.num_own,
                       person.devices.begin() + person.num_devices, [&](const Device& device) {
                         return cookies.kind == CookieKind::kShared &&
                                cookies.device == device.index;
                       });
  };
  std::vector<KnownId> ids;
  for (const auto& [id, index] : indices_) {
    if (BelongsTo(id.cookies, person.number) || uses(id.cookies)) {
      ids.push_back(id);
    }
  }
  return ids;
}

TopicCounts HouseholdTruth::EvidenceOf(const Person& person) const {
  std::map<std::size_t, std::size_t> sizes;  // of components by root
  std::size_t best = 0;
  std::size_t best_size = 0;
  for (const auto& [id, index] : indices_) {
    sizes[RootOf(index)] += BelongsTo(id.cookies, person.number) ? 1 : 0;
  }
  for (const auto& [id, index] : indices_) {
    const std::size_t root = RootOf(index);
    if (BelongsTo(id.cookies, person.number) && sizes[root] > best_size) {
      best = root;
      best_size = sizes[root];
    }
  }
  TopicCounts pages{};
  for (const auto& [id, index] : indices_) {
    if (RootOf(index) == best && BelongsTo(id.cookies, person.number)) {
      std::ranges::transform(pages, seen_[index].pages, pages.begin(), std::plus<>());
    }
  }
  return pages;
}

namespace {

// How likely an archetype is given the pages, but for a factor that all have in common.
struct ArchetypeWeight {
  std::uint32_t archetype = 0;
  std::uint64_t weight = 0;  // not 0
};

// Of pages of a few topics there remain few of the archetypes.
std::vector<ArchetypeWeight> WeightsGiven(const World& world, const TopicCounts& pages) {
  std::vector<std::uint32_t> topics;
  for (std::uint32_t topic = 0; topic < kNumTopics; ++topic) {
    if (pages[topic] != 0) {
      topics.push_back(topic);
    }
  }
  std::array<Fixed, kNumArchetypes> evidence{};
  for (std::uint32_t archetype = 0; archetype < kNumArchetypes; ++archetype) {
    for (const std::uint32_t topic : topics) {
      evidence[archetype] += pages[topic] * world.archetypes.TopicEvidence(archetype, topic);
    }
  }
  const Fixed greatest = std::ranges::max(evidence);
  std::vector<ArchetypeWeight> weights;
  for (std::uint32_t archetype = 0; archetype < kNumArchetypes; ++archetype) {
    const Fixed weight = Exponential(evidence[archetype] - greatest);
    if (weight != 0) {
      weights.push_back({.archetype = archetype, .weight = static_cast<std::uint64_t>(weight)});
    }
  }
  return weights;
}

}  // namespace

std::vector<double> ConversionGiven(const World& world, const TopicCounts& pages) {
  const std::vector<ArchetypeWeight> weights = WeightsGiven(world, pages);
  std::uint64_t total = 0;
  for (const ArchetypeWeight& of : weights) {
    total += of.weight;
  }
  std::vector<double> scores;
  for (std::uint32_t segment = 0; segment < world.options.segments; ++segment) {
    UnsignedInt128 sum = 0;
    for (const ArchetypeWeight& of : weights) {
      sum += static_cast<UnsignedInt128>(of.weight) *
             world.archetypes.Conversion(segment, of.archetype);
    }
    // A whole number of 2^-52, which a double holds exactly.
    constexpr int kExtraBits = 52 - kFixedBits;
    const auto score = static_cast<std::uint64_t>((sum << kExtraBits) / total);
    scores.push_back(static_cast<double>(score) / static_cast<double>(std::uint64_t{1} << 52));
  }
  return scores;
}

}  // namespace weir::world
