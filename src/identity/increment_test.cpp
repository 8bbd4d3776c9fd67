#include "identity/increment.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "identity/random_evidence.h"
#include "identity/universal_id.h"

namespace weir::identity {
namespace {

constexpr std::int32_t kFirstDay = 20000;

// The tables as a run leaves them.
struct State {
  model::Day day;
  std::set<model::ChangeRow> changes;
  std::size_t touched = 0;
};

std::vector<StateEdge> StateEdges(const model::Day& day, IdDictionary& ids,
                                  std::mt19937_64& random) {
  std::vector<StateEdge> edges;
  for (const auto& [pair, row] : day.edges) {
    edges.push_back(
        {.edge = {.a = {.party = ids.CodeOf(pair.first.first), .text = pair.first.second},
                  .b = {.party = ids.CodeOf(pair.second.first), .text = pair.second.second},
                  .first_seen = row.seen.first,
                  .last_seen = row.seen.last,
                  .calls = row.seen.calls},
         .person_a = ParseUniversalId(row.person_a),
         .person_b = ParseUniversalId(row.person_b),
         .mark = row.mark});
  }
  std::ranges::shuffle(edges, random);
  return edges;
}

// What the state before and the result make together; the audit's rows of untouched people, too.
model::Day Merged(const model::Day& before, const Increment& increment, const DayResult& result) {
  const auto is_touched = [&](const std::string& person) {
    return increment.IsTouched(ParseUniversalId(person));
  };
  model::Day day = model::DayOf(result);
  for (const auto& [pair, row] : before.edges) {
    if (!is_touched(row.person_a) && !is_touched(row.person_b)) {
      EXPECT_TRUE(day.edges.emplace(pair, row).second);
    }
  }
  for (const auto& [id, row] : before.ids) {
    if (!is_touched(row.person)) {
      EXPECT_TRUE(day.ids.emplace(id, row).second);
    }
  }
  for (const model::HubRow& hub : before.hubs) {
    if (!is_touched(before.ids.at(std::get<0>(hub)).person)) {
      EXPECT_TRUE(day.hubs.insert(hub).second);
    }
  }
  for (const model::CutRow& cut : before.cuts) {
    if (!is_touched(before.ids.at(std::get<0>(cut)).person)) {
      EXPECT_TRUE(day.cuts.insert(cut).second);
    }
  }
  return day;
}

State NextDay(const model::Day& before, const model::Evidence& evidence,
              const Parameters& parameters, std::int32_t day, std::mt19937_64& random,
              const std::function<bool(const model::Id&)>& is_erased = {}) {
  const int threads = static_cast<int>(random() % 3 + 1);
  Increment increment(parameters, {.day = day, .threads = threads, .with_changes = true});
  if (is_erased) {
    increment.Erase([&](const IdName& name) {
      return is_erased({increment.ids().PartyName(name.party), std::string(name.text)});
    });
  }
  increment.AddToday(model::RowsOf(evidence, increment.ids(), day, day, random));
  const std::vector<StateEdge> edges = StateEdges(before, increment.ids(), random);
  const auto halves = [&](auto read) {
    read(std::span(edges).first(edges.size() / 2));
    read(std::span(edges).subspan(edges.size() / 2));
  };
  halves([&](std::span<const StateEdge> half) { increment.Look(half); });
  do {
    halves([&](std::span<const StateEdge> half) { increment.Take(half); });
  } while (increment.NeedsMore());
  const DayResult result = increment.Finish();
  return {.day = Merged(before, increment, result),
          .changes = model::RowsOf(result.changes),
          .touched = model::DayOf(result).ids.size()};
}

// Adds, takes away or changes what was seen on a day.
void ChangeDay(model::Evidence& evidence, std::int32_t day, std::uint64_t num_ids,
               std::mt19937_64& random) {
  for (std::uint64_t shape = random() % 3; shape > 0; --shape) {
    for (const model::Pair& pair : model::RandomShape(random, num_ids)) {
      evidence[pair][day] = model::RandomSeen(random, day);
    }
  }
  for (auto& [pair, days] : evidence) {
    const auto found = days.find(day);
    if (found != days.end() && random() % 4 == 0) {
      days.erase(found);
    }
  }
}

class RandomHistory {
 public:
  explicit RandomHistory(std::mt19937_64& random)
      : random_(random),
        num_ids_(random() % 80 + 10),
        parameters_(model::SmallParameters(random)) {}

  void Play() {
    for (std::int32_t day = kFirstDay; day < kFirstDay + 14; ++day) {
      ChangeDay(evidence_, day, num_ids_, random_);
      RunFrom(day, day);
      if (day > kFirstDay && random_() % 4 == 0) {
        const std::int32_t backfilled =
            day - static_cast<std::int32_t>(random_() % (day - kFirstDay));
        ChangeDay(evidence_, backfilled, num_ids_, random_);
        RunFrom(backfilled, day);
      }
    }
  }

  std::size_t flips = 0;      // hubs that were none the day before, or the other way round
  std::size_t cut_flips = 0;  // edges that were cut the day before and aren't, or the other way
  std::size_t untouched = 0;  // ids that a day left alone

 private:
  // The days again, each from the state of the day before it.
  void RunFrom(std::int32_t first, std::int32_t last) {
    for (std::int32_t day = first; day <= last; ++day) {
      const model::Day& before = states_[day - 1];
      const State state = NextDay(before, evidence_, parameters_, day, random_);
      const model::Day expected = model::DayOf(evidence_, parameters_, day);
      ASSERT_EQ(state.day, expected) << "day " << day << "\n"
                                     << model::ToText(state.day) << "expected\n"
                                     << model::ToText(expected) << "before\n"
                                     << model::ToText(before);
      ASSERT_EQ(state.changes, model::ChangesBetween(before, expected));
      untouched += expected.ids.size() - state.touched;
      Count(before, expected);
      states_[day] = state.day;
    }
  }

  void Count(const model::Day& before, const model::Day& after) {
    const auto ids = [](const model::Day& day) {
      std::set<model::Id> hubs;
      for (const model::HubRow& hub : day.hubs) {
        hubs.insert(std::get<0>(hub));
      }
      return hubs;
    };
    flips += ids(before) != ids(after) ? 1 : 0;
    for (const auto& [pair, row] : after.edges) {
      const auto old = before.edges.find(pair);
      cut_flips += old != before.edges.end() && row.mark != old->second.mark &&
                           (row.mark == Mark::kCut || old->second.mark == Mark::kCut)
                       ? 1
                       : 0;
    }
  }

  std::mt19937_64& random_;
  std::uint64_t num_ids_;
  Parameters parameters_;
  model::Evidence evidence_;
  std::map<std::int32_t, model::Day> states_;
};

TEST(Increment, EqualsARebuildForAnyHistoryOfDaysExpiriesAndBackfills) {
  std::mt19937_64 random(TestSeed());
  std::size_t flips = 0;
  std::size_t cut_flips = 0;
  std::size_t untouched = 0;
  for (int round = 0; round < TestRounds() * 2; ++round) {
    RandomHistory history(random);
    history.Play();
    ASSERT_FALSE(HasFatalFailure()) << "round " << round;
    flips += history.flips;
    cut_flips += history.cut_flips;
    untouched += history.untouched;
  }
  EXPECT_GT(flips, 0U);
  EXPECT_GT(cut_flips, 0U);
  EXPECT_GT(untouched, 0U);
}

model::Evidence Without(const model::Evidence& evidence, const std::set<model::Id>& erased) {
  model::Evidence kept;
  for (const auto& [pair, days] : evidence) {
    if (!erased.contains(pair.first) && !erased.contains(pair.second)) {
      kept[pair] = days;
    }
  }
  return kept;
}

TEST(Increment, ForgetsErasedIdsAsIfTheyHadNeverBeenSeen) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() * 2; ++round) {
    const Parameters parameters = model::SmallParameters(random);
    model::Evidence evidence;
    for (std::int32_t day = kFirstDay; day < kFirstDay + 3; ++day) {
      ChangeDay(evidence, day, 40, random);
    }
    const std::int32_t today = kFirstDay + 2;
    const model::Day before = model::DayOf(evidence, parameters, today - 1);
    std::set<model::Id> erased;
    std::set<std::string> persons;
    for (const auto& [id, row] : before.ids) {
      if (random() % 8 == 0) {
        erased.insert(id);
        persons.insert(row.person);
      }
    }

    const model::Evidence kept = Without(evidence, erased);
    const State state = NextDay(before, kept, parameters, today, random,
                                [&](const model::Id& id) { return erased.contains(id); });

    const model::Day expected = model::DayOf(kept, parameters, today);
    ASSERT_EQ(state.day, expected) << model::ToText(state.day) << "expected\n"
                                   << model::ToText(expected);
    std::set<model::ChangeRow> changes;
    for (const model::ChangeRow& change : model::ChangesBetween(before, expected)) {
      if (std::get<0>(change) != "expired" || !persons.contains(std::get<1>(change))) {
        changes.insert(change);
      }
    }
    for (const std::string& person : persons) {
      changes.emplace("erased", person, "");
    }
    ASSERT_EQ(state.changes, changes);
  }
}

// af:0 has as many st ids as it may; one more makes it a hub; when that one expires it is none.
TEST(Increment, AHubThatIsNoneAnyMoreGetsItsNeighboursBack) {
  std::mt19937_64 random(1);
  const Parameters parameters{.expiry_days = 2, .max_neighbours = 3};
  model::Evidence evidence;
  const auto see = [&](const char* st, std::int32_t day) {
    evidence[model::PairOf({"af", "0"}, {"st", st})][day] = {
        .calls = 1, .first = day * kDay, .last = day * kDay};
  };
  std::map<std::int32_t, model::Day> days;
  std::map<std::int32_t, std::size_t> people;
  for (std::int32_t day = kFirstDay; day < kFirstDay + 5; ++day) {
    for (const char* st : {"1", "2", "3"}) {
      see(st, day);
    }
    if (day == kFirstDay + 1) {
      see("4", day);
    }
    days[day] = NextDay(days[day - 1], evidence, parameters, day, random).day;
    std::set<std::string> persons;
    for (const auto& [id, row] : days[day].ids) {
      persons.insert(row.person);
    }
    people[day - kFirstDay] = persons.size();
  }

  EXPECT_EQ(people, (std::map<std::int32_t, std::size_t>{{0, 1}, {1, 5}, {2, 5}, {3, 5}, {4, 1}}));
}

// A chain of six ids may have four: it is cut at its weakest link, which one more call moves.
TEST(Increment, OneMoreCallMovesACut) {
  std::mt19937_64 random(1);
  const Parameters parameters{.max_component = 4};
  const auto id = [](int i) { return model::Id(i % 2 == 0 ? "af" : "st", std::to_string(i)); };
  model::Evidence evidence;
  const std::int64_t calls[] = {5, 2, 5, 3, 5};
  for (int i = 0; i < 5; ++i) {
    evidence[model::PairOf(id(i), id(i + 1))][kFirstDay] = {
        .calls = calls[i], .first = kFirstDay * kDay, .last = kFirstDay * kDay};
  }
  const model::Day before = NextDay({}, evidence, parameters, kFirstDay, random).day;
  evidence[model::PairOf(id(1), id(2))][kFirstDay + 1] = {
      .calls = 2, .first = (kFirstDay + 1) * kDay, .last = (kFirstDay + 1) * kDay};

  const State after = NextDay(before, evidence, parameters, kFirstDay + 1, random);

  EXPECT_EQ(before.edges.at(model::PairOf(id(1), id(2))).mark, Mark::kCut);
  EXPECT_EQ(after.day.edges.at(model::PairOf(id(1), id(2))).mark, Mark::kLive);
  EXPECT_EQ(after.day.edges.at(model::PairOf(id(3), id(4))).mark, Mark::kCut);
  EXPECT_EQ(after.day, model::DayOf(evidence, parameters, kFirstDay + 1));
}

}  // namespace
}  // namespace weir::identity
