#include "identity/day_result.h"

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

void AddEdges(std::span<const NamedEdge> named, int threads, IdDictionary& ids, Edges& edges) {
  std::vector<IdName> names(named.size() * 2);
  ForStretches(named.size(), threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      names[2 * i] = named[i].a;
      names[2 * i + 1] = named[i].b;
    }
  });
  std::vector<IdNumber> numbers(names.size());
  ids.Number(names, threads, numbers);
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
