#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lake/query.h"

// What the identity tables of one region say of a person.
namespace weir::cli {

struct PersonIdRow {
  std::string party;
  std::string user_id;
  std::string first_seen;
  std::string last_seen;
  std::int64_t calls = 0;
};

// A pair that was seen together. `mark` says whether it joins: live, hub, cut.
struct PersonEdge {
  std::string party_a;
  std::string id_a;
  std::string party_b;
  std::string id_b;
  std::int64_t first_seen = 0;  // microseconds since 1970
  std::int64_t last_seen = 0;
  std::int64_t calls = 0;
  std::string mark;
  bool has_a = true;  // whether the person holds the first id; of a pair that joins, both
  bool has_b = true;
  std::vector<std::string> days{};  // as far as asked for
};

struct PersonFacts {
  std::string region;
  std::string universal_id;
  std::vector<PersonIdRow> ids;   // by (party, user_id)
  std::vector<PersonEdge> edges;  // of its ids, by key
};

// The person of an id in `region`; absent if the region has no such id.
std::optional<PersonFacts> FindPerson(lake::QuerySession& session, const std::string& region,
                                      const std::string& party, const std::string& user_id);

// Fills in the days on which each pair was seen in its present life.
void AddDays(lake::QuerySession& session, const std::string& region,
             std::vector<PersonEdge>& edges);

}  // namespace weir::cli
