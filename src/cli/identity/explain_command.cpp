#include <algorithm>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/identity/person_facts.h"
#include "cli/identity/regions.h"
#include "cli/lookalikes/lookalike_commands.h"
#include "cli/person_id.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/tables_to_read.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "identity/day_result.h"
#include "identity/widest_path.h"

namespace weir::cli {
namespace {

PersonId ReadId(const std::string& word) {
  auto id = ParsePersonId(word);
  if (!id) {
    throw UsageError("'{}' is no id; a party and an id are allowed: af:0123456789abcdef", word);
  }
  return *std::move(id);
}

// Whose the id is, in each region that knows it: at least one.
std::vector<PersonFacts> FindIn(lake::QuerySession& session,
                                const std::vector<std::string>& regions, const PersonId& id) {
  std::vector<PersonFacts> found;
  for (const std::string& region : regions) {
    if (auto person = FindPerson(session, region, id.party, id.user_id)) {
      found.push_back(*std::move(person));
    }
  }
  if (found.empty()) {
    throw UserError("no live link of {}:{} is known in {}", id.party, id.user_id,
                    fmt::join(regions, ", "));
  }
  return found;
}

// The person's edges that join it, as the kernel wants them.
class PersonGraph {
 public:
  explicit PersonGraph(const PersonFacts& person) : person_(person) {
    std::vector<identity::NamedEdge> named;
    for (std::size_t i = 0; i < person.edges.size(); ++i) {
      const PersonEdge& edge = person.edges[i];
      if (edge.mark == "live") {
        named.push_back({.a = {.party = ids_.CodeOf(edge.party_a), .text = edge.id_a},
                         .b = {.party = ids_.CodeOf(edge.party_b), .text = edge.id_b},
                         .first_seen = edge.first_seen,
                         .last_seen = edge.first_seen,
                         .calls = edge.calls});
        places_.push_back(i);
      }
    }
    identity::AddEdges(named, 1, ids_, edges_);
  }

  std::vector<PersonEdge> Path(const PersonId& from, const PersonId& to) {
    const auto start = ids_.Find({.party = ids_.CodeOf(from.party), .text = from.user_id});
    const auto end = ids_.Find({.party = ids_.CodeOf(to.party), .text = to.user_id});
    std::vector<PersonEdge> path;
    if (start && end) {
      for (const std::size_t edge :
           identity::WidestPath({.ids = ids_, .edges = edges_}, *start, *end)) {
        path.push_back(person_.edges[places_[edge]]);
      }
    }
    return path;
  }

 private:
  const PersonFacts& person_;
  identity::IdDictionary ids_;
  identity::Edges edges_;
  std::vector<std::size_t> places_;  // among the person's edges
};

std::string IdText(const std::string& party, const std::string& user_id) {
  return party + ":" + user_id;
}

Json EdgeJson(const PersonEdge& edge) {
  return {{"a", IdText(edge.party_a, edge.id_a)},
          {"b", IdText(edge.party_b, edge.id_b)},
          {"calls", edge.calls},
          {"mark", edge.mark},
          {"days", edge.days}};
}

Json PersonJson(const PersonFacts& person, const std::vector<PersonEdge>& path) {
  Json ids = Json::array();
  for (const PersonIdRow& id : person.ids) {
    ids.push_back({{"party", id.party},
                   {"user_id", id.user_id},
                   {"first_seen", id.first_seen},
                   {"last_seen", id.last_seen},
                   {"calls", id.calls}});
  }
  Json edges = Json::array();
  for (const PersonEdge& edge : person.edges) {
    edges.push_back(EdgeJson(edge));
  }
  Json steps = Json::array();
  for (const PersonEdge& edge : path) {
    steps.push_back(EdgeJson(edge));
  }
  return {{"universal_id", person.universal_id},
          {"region", person.region},
          {"ids", ids},
          {"edges", edges},
          {"path", steps}};
}

std::string DaysText(const std::vector<std::string>& days) {
  if (days.size() < 2) {
    return fmt::to_string(fmt::join(days, ""));
  }
  return fmt::format("{} to {}, {} days", days.front(), days.back(), days.size());
}

std::string EdgesText(std::span<const PersonEdge> edges) {
  TextTable table({"id", "and id", ">calls", "seen together"});
  for (const PersonEdge& edge : edges) {
    table.Add({IdText(edge.party_a, edge.id_a), IdText(edge.party_b, edge.id_b),
               FormatCount(edge.calls),
               edge.mark == "live" ? DaysText(edge.days) : "doesn't join: " + edge.mark});
  }
  return table.Text();
}

std::string PersonText(const PersonFacts& person) {
  TextTable table({"party", "id", "first seen", "last seen", ">calls"});
  for (const PersonIdRow& id : person.ids) {
    table.Add({id.party, id.user_id, id.first_seen, id.last_seen, FormatCount(id.calls)});
  }
  return fmt::format("person {} in {}, {} {}\n{}", person.universal_id, person.region,
                     person.ids.size(), person.ids.size() == 1 ? "id" : "ids", table.Text());
}

// The path between two ids in the first of the regions that join them, whose person comes first
// then, and alone.
std::vector<PersonEdge> PathTo(std::vector<PersonFacts>& people, const PersonId& from,
                               const std::string& to) {
  const PersonId other = ReadId(to);
  std::size_t num_others = 0;
  for (PersonFacts& person : people) {
    std::vector<PersonEdge> path = PersonGraph(person).Path(from, other);
    if (!path.empty()) {
      people = {PersonFacts(std::move(person))};
      return path;
    }
    num_others += person.ids.size() - 1;
  }
  throw UserError("{} and {} aren't joined: the person has {} other ids{}",
                  IdText(from.party, from.user_id), to, num_others,
                  people.size() == 1 ? "" : fmt::format(" in {} regions", people.size()));
}

void ExplainUser(const Arguments& arguments, Services& services) {
  const PersonId id = ReadId(arguments.Text("ID"));
  lake::QuerySession session(services.database(), &services.warehouse());
  ReadAllTables(services, session);
  std::vector<PersonFacts> people = FindIn(session, RegionsWithPeople(services), id);
  std::vector<PersonEdge> path;
  if (const auto other = arguments.OptionalText("--to")) {
    path = PathTo(people, id, *other);
    AddDays(session, people.front().region, path);
  }
  for (PersonFacts& person : people) {
    AddDays(session, person.region, person.edges);
  }
  if (services.options().json) {
    Json told = PersonJson(people.front(), path);
    told["elsewhere"] = Json::array();
    for (const PersonFacts& person : std::span(people).subspan(1)) {
      told["elsewhere"].push_back(PersonJson(person, {}));
    }
    PrintJson(services.out(), told);
    return;
  }
  for (const PersonFacts& person : people) {
    services.out() << (&person == people.data() ? "" : "\n") << PersonText(person) << "\n"
                   << EdgesText(path.empty() ? person.edges : path);
  }
}

Command ExplainUserCommand() {
  return {
      .name = "user",
      .summary = "Say whose an id is, and by what evidence.",
      .details =
          "The person, its ids, and the pairs that were seen together; in each region that knows "
          "the\n"
          "id, of which --json has the others under `elsewhere`. With --to the path of evidence\n"
          "between two ids: of all paths the one whose least number of calls is greatest. A "
          "pair that\n"
          "doesn't join says why: 'hub' (an end has too many neighbours) or 'cut' (the person "
          "would\n"
          "have too many ids); metastore.identity_violations_{region} has the figures.",
      .examples =
          "weir explain user af:0123456789abcdef\n"
          "weir explain user af:0123456789abcdef --to st:fedcba9876543210 --json",
      .parameters = {{.name = "ID", .help = "party and id: af:0123456789abcdef", .required = true},
                     {.name = "--to", .value = "ID", .help = "another id of the same person"}},
      .run = ExplainUser};
}

}  // namespace

Command ExplainCommand() {
  return {.name = "explain",
          .group = "Jobs",
          .summary = "Say why a result is as it is.",
          .examples =
              "weir explain user af:0123456789abcdef\n"
              "weir explain member 1000 an:0123456789abcdef",
          .subcommands = {ExplainUserCommand(), ExplainMemberCommand()}};
}

}  // namespace weir::cli
