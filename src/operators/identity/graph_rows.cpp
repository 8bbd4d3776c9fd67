#include "operators/identity/graph_rows.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "base/hashing.h"
#include "data/column_builder.h"
#include "identity/graph.h"
#include "operators/columns_together.h"
#include "operators/identity/graph_columns.h"

namespace weir::operators {
namespace {

using identity::DayResult;
using identity::Edge;
using identity::IdName;
using identity::IdNumber;

constexpr std::size_t kRowsOfBatch = 1 << 14;

void AppendPerson(TextColumn& column, const Hash128& person) {
  std::array<char, 32> digits{};
  WriteHex(person, digits);
  column.Append({digits.data(), digits.size()});
}

void AppendName(const DayResult& result, IdNumber id, TextColumn& party, TextColumn& text) {
  identity::TextRoom room;
  const IdName name = result.ids.NameOf(id, room);
  party.Append(result.ids.PartyName(name.party));
  text.Append(name.text);
}

// Has what MappingRows() reads of an id brought near.
void PrefetchRow(const DayResult& result, std::size_t id) {
  const IdNumber founder = result.people.founders[id];
  if (founder != identity::kNoId) {
    result.ids.Prefetch(static_cast<IdNumber>(id));
    result.ids.Prefetch(founder);
  }
}

// Batches of what `make(begin, end)` makes of stretches of [0, size), without empty ones.
BatchSource InStretches(std::size_t size, std::function<Batch(std::size_t, std::size_t)> make) {
  return [size, make = std::move(make), next = std::size_t{0}]() mutable -> std::optional<Batch> {
    while (next < size) {
      const std::size_t begin = next;
      next = std::min(size, begin + kRowsOfBatch);
      Batch batch = make(begin, next);
      if (batch.num_rows() > 0) {
        return batch;
      }
    }
    return std::nullopt;
  };
}

struct EdgeColumns {
  TextColumn party_a;
  TextColumn id_a;
  TextColumn party_b;
  TextColumn id_b;
  NumberColumn<std::int64_t> first_seen;
  NumberColumn<std::int64_t> last_seen;
  NumberColumn<std::int64_t> calls;
  TextColumn person;
  TextColumn person_b;
  TextColumn mark;

  void Append(const DayResult& result, const Edge& edge, identity::Mark edge_mark) {
    const bool is_turned = result.ids.Precedes(edge.b, edge.a);
    const IdNumber a = is_turned ? edge.b : edge.a;
    const IdNumber b = is_turned ? edge.a : edge.b;
    AppendName(result, a, party_a, id_a);
    AppendName(result, b, party_b, id_b);
    first_seen.Append(edge.first_seen);
    last_seen.Append(edge.last_seen);
    calls.Append(edge.calls);
    const Hash128 one = result.PersonOf(a);
    const Hash128 other = edge_mark == identity::Mark::kLive ? one : result.PersonOf(b);
    AppendPerson(person, one);
    if (one == other) {
      person_b.AppendNull();
    } else {
      AppendPerson(person_b, other);
    }
    mark.Append(NameOf(edge_mark));
  }

  Batch Finish() {
    return Together(mark.num_rows(), party_a, id_a, party_b, id_b, first_seen, last_seen, calls,
                    person, person_b, mark);
  }
};

// A row of the audit; numbers below zero and empty texts are null.
struct Violation {
  std::string_view kind;
  Hash128 person{};
  std::optional<IdNumber> id{};
  std::string_view neighbour_party{};
  std::optional<IdNumber> neighbour{};
  std::int64_t neighbours = -1;
  std::int64_t ids = -1;
  std::int64_t pieces = -1;
  std::int64_t edges = -1;
  std::int64_t calls = -1;
};

std::vector<Violation> ViolationsOf(const DayResult& result) {
  std::vector<Violation> violations;
  violations.reserve(result.people.hubs.size());
  for (const identity::Hub& hub : result.people.hubs) {
    violations.push_back({.kind = "hub",
                          .person = result.PersonOf(hub.id),
                          .id = hub.id,
                          .neighbour_party = result.ids.PartyName(hub.party),
                          .neighbours = hub.neighbours,
                          .edges = result.people.facts[hub.id].edges});
  }
  for (const identity::Cut& cut : result.people.cuts) {
    const Hash128 person = result.PersonOf(cut.founder);
    violations.push_back({.kind = "cut",
                          .person = person,
                          .ids = cut.ids,
                          .pieces = cut.pieces,
                          .edges = std::ssize(cut.edges)});
    for (const std::size_t number : cut.edges) {
      const Edge& edge = result.edges[number];
      const bool is_turned = result.ids.Precedes(edge.b, edge.a);
      const IdNumber neighbour = is_turned ? edge.a : edge.b;
      violations.push_back({.kind = "cut_edge",
                            .person = person,
                            .id = is_turned ? edge.b : edge.a,
                            .neighbour_party = result.ids.PartyName(result.ids.PartyOf(neighbour)),
                            .neighbour = neighbour,
                            .calls = edge.calls});
    }
  }
  return violations;
}

void AppendUnlessNegative(NumberColumn<std::int64_t>& column, std::int64_t number) {
  if (number < 0) {
    column.AppendNull();
  } else {
    column.Append(number);
  }
}

struct ViolationColumns {
  TextColumn kind;
  TextColumn person;
  TextColumn party;
  TextColumn id;
  TextColumn neighbour_party;
  TextColumn neighbour_id;
  std::array<NumberColumn<std::int64_t>, 5> figures;

  void Append(const DayResult& result, const Violation& row) {
    kind.Append(row.kind);
    AppendPerson(person, row.person);
    if (row.id) {
      AppendName(result, *row.id, party, id);
    } else {
      party.AppendNull();
      id.AppendNull();
    }
    neighbour_party.AppendOrNull(row.neighbour_party);
    if (row.neighbour) {
      identity::TextRoom room;
      neighbour_id.Append(result.ids.NameOf(*row.neighbour, room).text);
    } else {
      neighbour_id.AppendNull();
    }
    AppendUnlessNegative(figures[0], row.neighbours);
    AppendUnlessNegative(figures[1], row.ids);
    AppendUnlessNegative(figures[2], row.pieces);
    AppendUnlessNegative(figures[3], row.edges);
    AppendUnlessNegative(figures[4], row.calls);
  }

  Batch Finish() {
    return Together(kind.num_rows(), kind, person, party, id, neighbour_party, neighbour_id,
                    figures[0], figures[1], figures[2], figures[3], figures[4]);
  }
};

}  // namespace

BatchSource EdgeRows(SharedResult result) {
  const std::size_t size = result->edges.size();
  return InStretches(size, [result = std::move(result)](std::size_t begin, std::size_t end) {
    EdgeColumns columns;
    for (std::size_t i = begin; i < end; ++i) {
      columns.Append(*result, result->edges[i], result->people.marks[i]);
    }
    return columns.Finish();
  });
}

BatchSource BasisRows(std::string as_of, std::string parameters) {
  return InStretches(1, [as_of = std::move(as_of), parameters = std::move(parameters)](
                            std::size_t /*begin*/, std::size_t /*end*/) {
    TextColumn day;
    TextColumn settings;
    day.Append(as_of);
    settings.Append(parameters);
    return Together(1, day, settings);
  });
}

BatchSource TodaysIdRows(const identity::Increment& increment) {
  std::vector<IdNumber> ids = increment.TodaysIds();
  const std::size_t size = ids.size();
  return InStretches(size, [&increment, ids = std::move(ids)](std::size_t begin, std::size_t end) {
    TextColumn text;
    identity::TextRoom room;
    for (std::size_t i = begin; i < end; ++i) {
      text.Append(increment.ids().NameOf(ids[i], room).text);
    }
    return Together(end - begin, text);
  });
}

BatchSource PersonRows(std::vector<Hash128> persons) {
  const std::size_t size = persons.size();
  return InStretches(size, [persons = std::move(persons)](std::size_t begin, std::size_t end) {
    TextColumn person;
    for (std::size_t i = begin; i < end; ++i) {
      AppendPerson(person, persons[i]);
    }
    return Together(end - begin, person);
  });
}

BatchSource MappingRows(SharedResult result) {
  const std::size_t size = result->people.founders.size();
  return InStretches(size, [result = std::move(result)](std::size_t begin, std::size_t end) {
    TextColumn person;
    TextColumn party;
    TextColumn id;
    NumberColumn<std::int64_t> first_seen;
    NumberColumn<std::int64_t> last_seen;
    NumberColumn<std::int64_t> calls;
    constexpr std::size_t kIdSize = 36;  // most texts have no more
    constexpr std::size_t kPersonSize = 32;
    const std::size_t rows = end - begin;
    person.Reserve(rows, rows * kPersonSize);
    id.Reserve(rows, rows * kIdSize);
    for (NumberColumn<std::int64_t>* const numbers : {&first_seen, &last_seen, &calls}) {
      numbers->Reserve(rows);
    }
    for (auto number = static_cast<IdNumber>(begin); number < end; ++number) {
      PrefetchRow(*result, std::min<std::size_t>(number + identity::kPrefetchAhead, end - 1));
      if (!result->people.Holds(number)) {
        continue;
      }
      const identity::IdFacts& facts = result->people.facts[number];
      AppendPerson(person, result->PersonOf(number));
      AppendName(*result, number, party, id);
      first_seen.Append(facts.first_seen);
      last_seen.Append(facts.last_seen);
      calls.Append(facts.calls);
    }
    return Together(person.num_rows(), person, party, id, first_seen, last_seen, calls);
  });
}

void AppendIfAny(TextColumn& column, const std::optional<Hash128>& person) {
  if (person) {
    AppendPerson(column, *person);
  } else {
    column.AppendNull();
  }
}

BatchSource ChangeRows(SharedResult result) {
  const std::size_t size = result->changes.size();
  return InStretches(size, [result = std::move(result)](std::size_t begin, std::size_t end) {
    TextColumn kind;
    std::array<TextColumn, 2> persons;
    for (std::size_t i = begin; i < end; ++i) {
      const identity::Change& change = result->changes[i];
      kind.Append(NameOf(change.kind));
      AppendIfAny(persons[0], change.from);
      AppendIfAny(persons[1], change.into);
    }
    return Together(end - begin, kind, persons[0], persons[1]);
  });
}

BatchSource ViolationRows(SharedResult result) {
  auto rows = std::make_shared<const std::vector<Violation>>(ViolationsOf(*result));
  const std::size_t size = rows->size();
  return InStretches(size, [result = std::move(result), rows = std::move(rows)](std::size_t begin,
                                                                                std::size_t end) {
    ViolationColumns columns;
    for (std::size_t i = begin; i < end; ++i) {
      columns.Append(*result, (*rows)[i]);
    }
    return columns.Finish();
  });
}

}  // namespace weir::operators
