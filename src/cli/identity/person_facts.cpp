#include "cli/identity/person_facts.h"

#include <algorithm>
#include <set>
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
          .calls = NumberAt(row, 5),
          .mark = CellText(row, 6)};
}

// Edges are sorted by universal_id, so the person's are together; only edges whose first id is
// another person's, which don't join, are looked for everywhere.
std::vector<PersonEdge> EdgesOf(lake::QuerySession& session, const std::string& region,
                                const std::string& universal_id) {
  std::vector<PersonEdge> edges;
  for (const char* column : {"universal_id", "universal_id_b"}) {
    for (const Row& row : QueryRows(
             session, fmt::format("SELECT party_a, id_a, party_b, id_b, epoch_us(first_seen), "
                                  "calls, mark FROM metastore.identity_edges_{} WHERE {} = {}",
                                  region, column, sql::QuoteText(universal_id)))) {
      edges.push_back(EdgeOf(row));
    }
  }
  std::ranges::sort(edges, {}, [](const PersonEdge& edge) {
    return std::tie(edge.party_a, edge.id_a, edge.party_b, edge.id_b);
  });
  return edges;
}

std::vector<PersonIdRow> IdsOf(lake::QuerySession& session, const std::string& region,
                               const PersonFacts& person, const std::string& user_id) {
  std::set<std::string> names{sql::QuoteText(user_id)};
  for (const PersonEdge& edge : person.edges) {
    names.insert(sql::QuoteText(edge.id_a));
    names.insert(sql::QuoteText(edge.id_b));
  }
  std::vector<PersonIdRow> ids;
  for (const Row& row : QueryRows(
           session,
           fmt::format("SELECT party, user_id, epoch_us(first_seen), "
                       "epoch_us(last_seen), calls FROM metastore.mapping_{} WHERE "
                       "user_id IN ({}) AND universal_id = {} ORDER BY party, user_id",
                       region, fmt::join(names, ", "), sql::QuoteText(person.universal_id)))) {
    ids.push_back({.party = CellText(row, 0),
                   .user_id = CellText(row, 1),
                   .first_seen = FormatTimestamp(NumberAt(row, 2)),
                   .last_seen = FormatTimestamp(NumberAt(row, 3)),
                   .calls = NumberAt(row, 4)});
  }
  return ids;
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
  person.ids = IdsOf(session, region, person, user_id);
  return person;
}

void AddDays(lake::QuerySession& session, const std::string& region,
             std::vector<PersonEdge>& edges) {
  for (PersonEdge& edge : edges) {
    for (const Row& row : QueryRows(
             session,
             fmt::format("SELECT ds FROM metastore.identity_evidence_{} WHERE party_a = {} AND "
                         "id_a = {} AND party_b = {} AND id_b = {} AND ds >= {} ORDER BY ds",
                         region, sql::QuoteText(edge.party_a), sql::QuoteText(edge.id_a),
                         sql::QuoteText(edge.party_b), sql::QuoteText(edge.id_b),
                         sql::QuoteText(FormatDate(
                             static_cast<std::int32_t>(FloorDivide(edge.first_seen, kDay))))))) {
      edge.days.push_back(CellText(row, 0));
    }
  }
}

}  // namespace weir::cli
