#include "identity/identity_model.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "identity/universal_id.h"

namespace weir::identity::model {
namespace {

using Edges = std::vector<std::pair<Pair, EdgeRow>>;

std::string PersonOf(const Id& founder) {
  return ToHex(HashOf(founder.first + "\x1f" + founder.second));
}

std::optional<Seen> LiveOn(const std::map<std::int32_t, Seen>& days, std::int32_t day,
                           std::int32_t expiry) {
  std::optional<Seen> live;
  std::int32_t last = 0;
  for (const auto& [seen_on, seen] : days) {
    if (seen_on > day) {
      break;
    }
    if (!live || seen_on - last > expiry) {
      live = seen;
    } else {
      live->calls += seen.calls;
      live->last = seen.last;
    }
    last = seen_on;
  }
  return live && day - last <= expiry ? live : std::nullopt;
}

std::set<Id> Reach(const Id& start, const Edges& edges) {
  std::set<Id> reached{start};
  for (bool grows = true; grows;) {
    const std::size_t size = reached.size();
    for (const auto& [pair, row] : edges) {
      if (reached.contains(pair.first) || reached.contains(pair.second)) {
        reached.insert(pair.first);
        reached.insert(pair.second);
      }
    }
    grows = reached.size() > size;
  }
  return reached;
}

Edges Within(const Edges& edges, const std::set<Id>& ids) {
  Edges within;
  for (const auto& edge : edges) {
    if (ids.contains(edge.first.first) && ids.contains(edge.first.second)) {
      within.push_back(edge);
    }
  }
  return within;
}

// The maximum spanning tree of one component's edges, strongest first.
Edges Tree(Edges edges) {
  std::ranges::sort(edges, [](const auto& left, const auto& right) {
    return std::tuple(-left.second.seen.calls, left.second.seen.first, left.first) <
           std::tuple(-right.second.seen.calls, right.second.seen.first, right.first);
  });
  Edges tree;
  for (const auto& edge : edges) {
    if (!Reach(edge.first.first, tree).contains(edge.first.second)) {
      tree.push_back(edge);
    }
  }
  return tree;
}

void Split(const std::set<Id>& ids, Edges tree, std::size_t most,
           std::vector<std::set<Id>>& pieces) {
  if (ids.size() <= most) {
    pieces.push_back(ids);
    return;
  }
  const Pair last = tree.back().first;
  tree.pop_back();
  for (const Id& end : {last.first, last.second}) {
    const std::set<Id> part = Reach(end, tree);
    Split(part, Within(tree, part), most, pieces);
  }
}

class Builder {
 public:
  Builder(const Evidence& evidence, const Parameters& parameters, std::int32_t day)
      : parameters_(parameters) {
    for (const auto& [pair, days] : evidence) {
      const std::int32_t expiry =
          std::min(parameters.ExpiryOf(pair.first.first), parameters.ExpiryOf(pair.second.first));
      if (const auto seen = LiveOn(days, day, expiry)) {
        day_.edges[pair].seen = *seen;
        AddTo(pair.first, *seen);
        if (pair.second != pair.first) {
          AddTo(pair.second, *seen);
        }
      }
    }
  }

  Day Build() {
    MarkHubs();
    Edges bridges;
    for (const auto& edge : day_.edges) {
      if (edge.second.mark == Mark::kLive) {
        bridges.emplace_back(edge);
      }
    }
    std::set<Id> done;
    for (const auto& [id, row] : day_.ids) {
      if (!done.contains(id)) {
        const std::set<Id> component = Reach(id, bridges);
        done.insert(component.begin(), component.end());
        NamePeople(component, Within(bridges, component));
      }
    }
    for (auto& [pair, row] : day_.edges) {
      row.person_a = day_.ids.at(pair.first).person;
      row.person_b = day_.ids.at(pair.second).person;
    }
    return day_;
  }

 private:
  void AddTo(const Id& id, const Seen& seen) {
    const auto [found, is_new] = day_.ids.try_emplace(id, IdRow{.person = "", .seen = seen});
    if (!is_new) {
      Seen& sum = found->second.seen;
      sum = {.calls = sum.calls + seen.calls,
             .first = std::min(sum.first, seen.first),
             .last = std::max(sum.last, seen.last)};
    }
  }

  void MarkHubs() {
    std::map<Id, std::map<std::string, std::set<Id>>> neighbours;
    for (const auto& [pair, row] : day_.edges) {
      neighbours[pair.first][pair.second.first].insert(pair.second);
      neighbours[pair.second][pair.first.first].insert(pair.first);
    }
    std::set<Id> hubs;
    for (const auto& [id, parties] : neighbours) {
      std::pair<std::size_t, std::string> most;
      for (const auto& [party, others] : parties) {
        if (party != id.first && others.size() > most.first) {
          most = {others.size(), party};
        }
      }
      if (most.first > parameters_.max_neighbours) {
        hubs.insert(id);
        day_.hubs.emplace(id, most.second, most.first);
      }
    }
    for (auto& [pair, row] : day_.edges) {
      if (hubs.contains(pair.first) || hubs.contains(pair.second)) {
        row.mark = Mark::kHub;
      }
    }
  }

  Id FounderOf(const std::set<Id>& ids) const {
    return *std::ranges::min_element(
        ids, {}, [&](const Id& id) { return std::pair(day_.ids.at(id).seen.first, id); });
  }

  void NamePeople(const std::set<Id>& component, const Edges& edges) {
    std::vector<std::set<Id>> pieces;
    Split(component, Tree(edges), parameters_.max_component, pieces);
    for (const std::set<Id>& piece : pieces) {
      for (const Id& id : piece) {
        day_.ids.at(id).person = PersonOf(FounderOf(piece));
      }
    }
    if (pieces.size() == 1) {
      return;
    }
    std::vector<Pair> cut;
    for (const auto& [pair, row] : edges) {
      if (day_.ids.at(pair.first).person != day_.ids.at(pair.second).person) {
        day_.edges.at(pair).mark = Mark::kCut;
        cut.push_back(pair);
      }
    }
    day_.cuts.emplace(FounderOf(component), component.size(), pieces.size(), cut);
  }

  const Parameters& parameters_;
  Day day_;
};

}  // namespace

Pair PairOf(const Id& one, const Id& other) {
  return one < other ? Pair(one, other) : Pair(other, one);
}

Day DayOf(const Evidence& evidence, const Parameters& parameters, std::int32_t day) {
  return Builder(evidence, parameters, day).Build();
}

std::set<ChangeRow> ChangesBetween(const Day& before, const Day& after) {
  std::map<std::string, std::set<std::string>> into;
  std::map<std::string, std::set<std::string>> from;
  for (const auto& [id, row] : before.ids) {
    into[row.person];
  }
  for (const auto& [id, row] : after.ids) {
    from[row.person];
    const auto old = before.ids.find(id);
    if (old != before.ids.end()) {
      into[old->second.person].insert(row.person);
      from[row.person].insert(old->second.person);
    }
  }
  std::set<ChangeRow> changes;
  for (const auto& [now, olds] : from) {
    if (olds.empty()) {
      changes.emplace("created", "", now);
    }
    for (const std::string& old : olds) {
      if (olds.size() > 1 && old != now) {
        changes.emplace("merged", old, now);
      }
    }
  }
  for (const auto& [old, nows] : into) {
    if (nows.empty()) {
      changes.emplace("expired", old, "");
    }
    for (const std::string& now : nows) {
      if (nows.size() > 1 && old != now) {
        changes.emplace("split", old, now);
      }
      if (nows.size() == 1 && from.at(now).size() == 1 && old != now) {
        changes.emplace("renamed", old, now);
      }
    }
  }
  return changes;
}

Day DayOf(const DayResult& result) {
  const auto id_of = [&](IdNumber number) {
    TextRoom room;
    const IdName name = result.ids.NameOf(number, room);
    return Id(result.ids.PartyName(name.party), std::string(name.text));
  };
  const auto pair_of = [&](const Edge& edge) { return PairOf(id_of(edge.a), id_of(edge.b)); };
  Day day;
  for (std::size_t i = 0; i < result.edges.size(); ++i) {
    const Edge& edge = result.edges[i];
    const bool in_order = pair_of(edge).first == id_of(edge.a);
    EdgeRow& row = day.edges[pair_of(edge)];
    row = {.seen = {.calls = edge.calls, .first = edge.first_seen, .last = edge.last_seen},
           .mark = result.people.marks[i],
           .person_a = ToHex(result.PersonOf(in_order ? edge.a : edge.b)),
           .person_b = ToHex(result.PersonOf(in_order ? edge.b : edge.a))};
  }
  for (IdNumber id = 0; id < result.people.founders.size(); ++id) {
    const IdFacts& facts = result.people.facts[id];
    if (result.people.Holds(id)) {
      day.ids[id_of(id)] = {
          .person = ToHex(result.PersonOf(id)),
          .seen = {.calls = facts.calls, .first = facts.first_seen, .last = facts.last_seen}};
    }
  }
  for (const Hub& hub : result.people.hubs) {
    day.hubs.emplace(id_of(hub.id), result.ids.PartyName(hub.party), hub.neighbours);
  }
  for (const Cut& cut : result.people.cuts) {
    std::vector<Pair> pairs;
    pairs.reserve(cut.edges.size());
    for (const std::size_t edge : cut.edges) {
      pairs.push_back(pair_of(result.edges[edge]));
    }
    day.cuts.emplace(id_of(cut.founder), cut.ids, cut.pieces, pairs);
  }
  return day;
}

std::set<ChangeRow> RowsOf(const std::vector<Change>& changes) {
  std::set<ChangeRow> rows;
  for (const Change& change : changes) {
    rows.emplace(NameOf(change.kind), change.from ? ToHex(*change.from) : "",
                 change.into ? ToHex(*change.into) : "");
  }
  return rows;
}

std::string ToText(const Day& day) {
  std::string text;
  for (const auto& [pair, row] : day.edges) {
    text += fmt::format("{}:{} {}:{} calls {} first {} last {} mark {} {} {}\n", pair.first.first,
                        pair.first.second, pair.second.first, pair.second.second, row.seen.calls,
                        row.seen.first, row.seen.last, static_cast<int>(row.mark),
                        row.person_a.substr(0, 6), row.person_b.substr(0, 6));
  }
  for (const auto& [id, row] : day.ids) {
    text += fmt::format("{}:{} is {} calls {} first {} last {}\n", id.first, id.second,
                        row.person.substr(0, 6), row.seen.calls, row.seen.first, row.seen.last);
  }
  for (const auto& [id, party, neighbours] : day.hubs) {
    text += fmt::format("hub {}:{} {} of {}\n", id.first, id.second, neighbours, party);
  }
  for (const auto& [id, ids, pieces, edges] : day.cuts) {
    text += fmt::format("cut {}:{} {} ids {} pieces {} edges\n", id.first, id.second, ids, pieces,
                        edges.size());
  }
  return text;
}

}  // namespace weir::identity::model
