#include "cli/identity/person_facts.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <ranges>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

using Row = std::vector<sql::Value>;

std::string CellText(const Row& row, std::size_t column) {
  return std::get<std::string>(row[column]);
}

std::int64_t NumberAt(const Row& row, std::size_t column) {
  return std::get<std::int64_t>(row[column]);
}

std::vector<Row> QueryRows(lake::QuerySession& session, const std::string& sql) {
  return session.Run(sql).Rows();
}

PersonEdge EdgeOf(const Row& row) {
  return {.party_a = CellText(row, 0),
          .id_a = CellText(row, 1),
          .party_b = CellText(row, 2),
          .id_b = CellText(row, 3),
          .first_seen = NumberAt(row, 4),
          .last_seen = NumberAt(row, 5),
          .calls = NumberAt(row, 6),
          .mark = CellText(row, 7),
          .has_a = NumberAt(row, 8) != 0,
          .has_b = NumberAt(row, 9) != 0};
}

// Edges are sorted by universal_id, so the person's are together; only edges whose first id is
// another person's, which don't join, are looked for everywhere.
std::vector<PersonEdge> EdgesOf(lake::QuerySession& session, const std::string& region,
                                const std::string& universal_id) {
  const std::string person = sql::QuoteText(universal_id);
  std::vector<std::string> halves;
  for (const auto& [column, ends] :
       {std::pair("universal_id", "1, if(universal_id_b IS NULL, 1, 0)"),
        std::pair("universal_id_b", "0, 1")}) {
    halves.push_back(fmt::format(
        "SELECT party_a, id_a, party_b, id_b, epoch_us(first_seen), epoch_us(last_seen), calls, "
        "mark, {} FROM metastore.identity_edges_{} WHERE {} = {}",
        ends, region, column, person));
  }
  std::vector<PersonEdge> edges;
  for (const Row& row : QueryRows(session, fmt::format("{}", fmt::join(halves, " UNION ALL ")))) {
    edges.push_back(EdgeOf(row));
  }
  std::ranges::sort(edges, {}, [](const PersonEdge& edge) {
    return std::tie(edge.party_a, edge.id_a, edge.party_b, edge.id_b);
  });
  return edges;
}

// The person's rows of the mapping, which follow from its edges.
std::vector<PersonIdRow> IdsOf(const std::vector<PersonEdge>& edges) {
  struct Seen {
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    std::int64_t last = std::numeric_limits<std::int64_t>::min();
    std::int64_t calls = 0;
  };
  std::map<std::pair<std::string, std::string>, Seen> seen;
  const auto see = [&](const std::string& party, const std::string& id, const PersonEdge& edge) {
    Seen& all = seen[{party, id}];
    all.first = std::min(all.first, edge.first_seen);
    all.last = std::max(all.last, edge.last_seen);
    all.calls += edge.calls;
  };
  for (const PersonEdge& edge : edges) {
    if (edge.has_a) {
      see(edge.party_a, edge.id_a, edge);
    }
    if (edge.has_b) {
      see(edge.party_b, edge.id_b, edge);
    }
  }
  std::vector<PersonIdRow> ids;
  ids.reserve(seen.size());
  for (const auto& [id, all] : seen) {
    ids.push_back({.party = id.first,
                   .user_id = id.second,
                   .first_seen = FormatTimestamp(all.first),
                   .last_seen = FormatTimestamp(all.last),
                   .calls = all.calls});
  }
  return ids;
}

std::string FirstDayOf(const PersonEdge& edge) {
  return FormatDate(static_cast<std::int32_t>(FloorDivide(edge.first_seen, kDay)));
}

// Pairs with one first id: evidence is sorted by it, so they are looked up together.
using PairsOfId = std::vector<PersonEdge*>;

std::string LookUpSql(const std::string& region, std::size_t number, const PairsOfId& pairs) {
  const PersonEdge& first = *pairs.front();
  const PersonEdge* const oldest =
      *std::ranges::min_element(pairs, {}, [](const PersonEdge* edge) { return edge->first_seen; });
  return fmt::format(
      "SELECT CAST({} AS BIGINT), party_b, id_b, ds FROM metastore.identity_evidence_{} WHERE "
      "party_a = {} AND id_a = {} AND ds >= {}",
      number, region, sql::QuoteText(first.party_a), sql::QuoteText(first.id_a),
      sql::QuoteText(FirstDayOf(*oldest)));
}

void AddDaysAtOnce(lake::QuerySession& session, const std::string& region,
                   std::span<const PairsOfId> ids) {
  std::vector<std::string> lookups;
  for (const PairsOfId& pairs : ids) {
    lookups.push_back(LookUpSql(region, lookups.size(), pairs));
  }
  for (const Row& row :
       QueryRows(session, fmt::format("{} ORDER BY ALL", fmt::join(lookups, " UNION ALL ")))) {
    for (PersonEdge* const edge : ids[static_cast<std::size_t>(NumberAt(row, 0))]) {
      if (edge->party_b == CellText(row, 1) && edge->id_b == CellText(row, 2) &&
          CellText(row, 3) >= FirstDayOf(*edge)) {
        edge->days.push_back(CellText(row, 3));
      }
    }
  }
}

}  // namespace

std::optional<PersonFacts> FindPerson(lake::QuerySession& session, const std::string& region,
                                      const std::string& party, const std::string& user_id) {
  const std::vector<Row> found = QueryRows(
      session, fmt::format("SELECT universal_id FROM metastore.mapping_{} WHERE party = {} AND "
                           "user_id = {}",
                           region, sql::QuoteText(party), sql::QuoteText(user_id)));
  if (found.empty()) {
    return std::nullopt;
  }
  PersonFacts person{
      .region = region, .universal_id = CellText(found.front(), 0), .ids = {}, .edges = {}};
  person.edges = EdgesOf(session, region, person.universal_id);
  person.ids = IdsOf(person.edges);
  return person;
}

void AddDays(lake::QuerySession& session, const std::string& region,
             std::vector<PersonEdge>& edges) {
  constexpr std::size_t kTogether = 64;
  std::map<std::pair<std::string, std::string>, PairsOfId> by_id;
  for (PersonEdge& edge : edges) {
    by_id[{edge.party_a, edge.id_a}].push_back(&edge);
  }
  std::vector<PairsOfId> ids;
  std::ranges::copy(std::views::values(by_id), std::back_inserter(ids));
  for (std::size_t begin = 0; begin < ids.size(); begin += kTogether) {
    AddDaysAtOnce(session, region,
                  std::span(ids).subspan(begin, std::min(kTogether, ids.size() - begin)));
  }
}

}  // namespace weir::cli
