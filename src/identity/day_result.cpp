#include "identity/day_result.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "identity/sightings.h"
#include "identity/universal_id.h"

namespace weir::identity {
namespace {

Hash128 PersonFoundedBy(const DayResult& result, IdNumber founder) {
  TextRoom room;
  const IdName name = result.ids.NameOf(founder, room);
  const std::string& party = result.ids.PartyName(name.party);
  if (result.given_names && !result.given_names->empty()) {
    const auto given = result.given_names->find(std::pair(party, std::string(name.text)));
    if (given != result.given_names->end()) {
      return given->second;
    }
  }
  return UniversalId(party, name.text);
}

std::vector<std::optional<Hash128>> PersonsOf(const DayResult& result, const People& people) {
  std::vector<std::optional<Hash128>> persons(people.founders.size());
  for (std::size_t id = 0; id < persons.size(); ++id) {
    if (people.founders[id] != kNoId) {
      persons[id] = PersonFoundedBy(result, people.founders[id]);
    }
  }
  return persons;
}

}  // namespace

Hash128 DayResult::PersonOf(IdNumber id) const {
  const bool is_outside = !outside.empty() && outside[id] != 0;
  return is_outside ? before[id].value() : PersonFoundedBy(*this, people.founders[id]);
}

std::vector<Change> ChangesOf(const DayResult& result, const std::vector<std::uint8_t>& erased) {
  std::vector<Membership> memberships;
  memberships.reserve(result.people.founders.size());
  for (IdNumber id = 0; id < result.people.founders.size(); ++id) {
    const bool is_outside = !result.outside.empty() && result.outside[id] != 0;
    Membership membership{.is_erased = !erased.empty() && erased[id] != 0};
    if (!result.before.empty()) {
      membership.before = result.before[id];
    }
    if (result.people.Holds(id)) {
      membership.after = result.PersonOf(id);
    }
    if (!is_outside && (membership.before || membership.after)) {
      memberships.push_back(membership);
    }
  }
  return ChangesBetween(memberships);
}

DayResult Rebuild(IdDictionary ids, std::vector<Edges> evidence, const Parameters& parameters,
                  const DayOptions& options) {
  DayResult result{.ids = std::move(ids), .given_names = parameters.given_names};
  Sightings sightings(std::move(evidence), result.ids, parameters, options.threads);
  if (options.with_changes) {
    const Edges edges = sightings.LiveOn(options.day - 1);
    result.before = PersonsOf(
        result, FindPeople({.ids = result.ids, .edges = edges}, parameters, options.threads));
  }
  result.edges = std::move(sightings).TakeLiveOn(options.day);
  result.people =
      FindPeople({.ids = result.ids, .edges = result.edges}, parameters, options.threads);
  if (options.with_changes) {
    result.changes = ChangesOf(result, {});
  }
  return result;
}

std::uint64_t RebuildBytes(const IdDictionary& ids, std::size_t rows, bool with_changes) {
  constexpr std::uint64_t kSortedRow = 2 * sizeof(Edge);
  constexpr std::uint64_t kRow = sizeof(Edge) + sizeof(Mark);
  // Facts, and by number: set, component, oldest, size, whether a hub.
  constexpr std::uint64_t kId = sizeof(IdFacts) + 4 * sizeof(IdNumber) + 1;
  // The person before, the membership, and both persons by themselves and paired both ways.
  constexpr std::uint64_t kChangedId =
      sizeof(std::optional<Hash128>) + sizeof(Membership) + 6 * sizeof(Hash128);
  const std::uint64_t slots = ids.num_slots();
  std::uint64_t most = std::max(kSortedRow * rows, kRow * rows + kId * slots);
  if (with_changes) {
    most = std::max({most, (kRow + sizeof(Edge)) * rows + kId * slots,
                     kRow * rows + (kId + kChangedId) * slots});
  }
  return ids.memory_bytes() + most;
}

void AddEdges(std::span<const NamedEdge> named, int threads, IdDictionary& ids, Edges& edges) {
  std::vector<IdNumber> numbers(named.size() * 2);
  ids.Number([&](std::size_t i) { return i % 2 == 0 ? named[i / 2].a : named[i / 2].b; }, threads,
             numbers);
  const std::size_t first = edges.size();
  edges.resize(first + named.size());
  ForStretches(named.size(), threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      edges[first + i] = {.a = numbers[2 * i],
                          .b = numbers[2 * i + 1],
                          .first_seen = named[i].first_seen,
                          .last_seen = named[i].last_seen,
                          .calls = named[i].calls};
    }
  });
}

}  // namespace weir::identity
