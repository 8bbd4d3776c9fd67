#include "operators/identity/day_run.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/size_text.h"
#include "data/cells.h"
#include "enrich/suppressed_ids.h"
#include "identity/increment.h"
#include "identity/universal_id.h"
#include "operators/fields.h"
#include "operators/identity/edge_reader.h"
#include "operators/identity/graph_columns.h"
#include "operators/identity/graph_rows.h"
#include "operators/ingest/suppressed_list.h"
#include "sql/quote.h"

namespace weir::operators {
namespace {

std::int32_t ReadDays(const std::string& party, const std::string& text) {
  std::int32_t days = 0;
  const char* const end = text.data() + text.size();
  const auto [after, problem] = std::from_chars(text.data(), end, days);
  if (problem != std::errc() || after != end || days < 1) {
    throw UserError("setting 'expiry' has '{}' for '{}'; whole days from 1 are allowed", text,
                    party);
  }
  return days;
}

struct GraphSettings {
  std::int32_t day = 0;
  identity::Parameters parameters;

  explicit GraphSettings(const nlohmann::json& settings) {
    const auto text = settings.at("day").get<std::string>();
    const auto parsed = ParseDate(text);
    if (!parsed) {
      throw UserError("setting 'day' is '{}'; a day such as 2026-01-31 is allowed", text);
    }
    day = *parsed;
    parameters.expiry_days = settings.at("expiry_days").get<std::int32_t>();
    parameters.max_neighbours = settings.at("max_neighbours").get<std::uint32_t>();
    parameters.max_component = settings.at("max_component").get<std::uint32_t>();
    for (const auto& [party, days] : settings.at("expiry").items()) {
      parameters.expiry_of[party] = ReadDays(party, days.get<std::string>());
    }
  }

  // Days after which pairs of the column's party expire.
  std::string ExpirySql(const char* column) const {
    std::string cases;
    for (const auto& [party, days] : parameters.expiry_of) {
      cases += fmt::format(" WHEN {} = {} THEN {}", column, sql::QuoteText(party), days);
    }
    return cases.empty() ? fmt::to_string(parameters.expiry_days)
                         : fmt::format("CASE{} ELSE {} END", cases, parameters.expiry_days);
  }

  // Equal texts stand for equal rules.
  std::string ParametersText() const {
    return fmt::format("neighbours {} component {} expiry {} {}", parameters.max_neighbours,
                       parameters.max_component, parameters.expiry_days, parameters.expiry_of);
  }
};

// One day of one graph.
class DayRun {
 public:
  explicit DayRun(OperatorContext& context)
      : context_(context),
        settings_(context.settings()),
        erased_(ReadSuppressedIds(context, kErased)),
        memory_(MemoryForGraph()),
        options_{.day = settings_.day,
                 .threads = AvailableProcessors(),
                 .with_changes = context.Wants(kChanges)} {
    settings_.parameters.given_names = ReadGivenNames();
  }

  void Run() {
    if (!context_.Relation(kToday)) {
      RunErasure();
    } else if (!StateIsOf(settings_.day - 1) || !RunIncrement()) {
      RunRebuild();
    }
  }

 private:
  std::shared_ptr<const identity::GivenNames> ReadGivenNames() {
    const auto relation = context_.Relation(kImported);
    if (!relation) {
      return nullptr;
    }
    auto names = std::make_shared<identity::GivenNames>();
    sql::Result rows = context_.Query("SELECT party, user_id, universal_id FROM " + *relation);
    while (auto batch = rows.NextBatch()) {
      const ArrowArray& columns = *batch->get();
      for (std::int64_t row = 0; row < columns.length; ++row) {
        names->insert_or_assign({std::string(BytesAt(*columns.children[0], row)),
                                 std::string(BytesAt(*columns.children[1], row))},
                                identity::ParseUniversalId(BytesAt(*columns.children[2], row)));
      }
    }
    return names;
  }

  bool StateIsOf(std::int32_t day) {
    const auto basis = context_.Relation(kBasis);
    if (!basis) {
      return false;
    }
    sql::Result rows =
        context_.Query(fmt::format("SELECT DISTINCT as_of, parameters FROM {}", *basis));
    const auto found = rows.Rows();
    return found.size() == 1 && std::get<std::string>(found[0][0]) == FormatDate(day) &&
           std::get<std::string>(found[0][1]) == settings_.ParametersText();
  }

  // The state of the day itself, without erased ids.
  void RunErasure() {
    if (!StateIsOf(settings_.day)) {
      throw UserError("'{}' isn't the state of {} under these settings: run the day again", kState,
                      FormatDate(settings_.day));
    }
    const auto increment = NewIncrement();
    increment->Erase([this, increment = increment.get()](const identity::IdName& id) {
      return IsErased(increment->ids(), id);
    });
    ReadStateEdges(*increment, "true",
                   [&](std::span<const identity::StateEdge> edges) { increment->Look(edges); });
    GiveIncrement(increment);
  }

  void RunRebuild() {
    identity::IdDictionary ids;
    std::vector<identity::Edges> evidence;
    std::size_t num_rows = 0;
    for (const char* argument : {kToday, kEvidence}) {
      if (const auto relation = context_.Relation(argument)) {
        ReadPairs(context_.Query(PairsQuery(*relation)), ids, context_.stop(),
                  [&](std::span<const identity::NamedEdge> pairs) {
                    std::vector<identity::NamedEdge> kept;
                    identity::AddEdges(Kept(pairs, ids, kept), options_.threads, ids,
                                       evidence.emplace_back());
                    num_rows += evidence.back().size();
                    CheckMemory(ids, num_rows);
                  });
      }
    }
    const auto result = std::make_shared<const identity::DayResult>(
        identity::Rebuild(std::move(ids), std::move(evidence), settings_.parameters, options_));
    context_.Give(kEdges, EdgesSchema(), EdgeRows(result));
    context_.Give(kMapping, MappingSchema(), MappingRows(result));
    context_.Give(kChanges, ChangesSchema(), ChangeRows(result));
    context_.Give(kViolations, ViolationsSchema(), ViolationRows(result));
    GiveBasis();
  }

  // False, with nothing given, if the state has erased ids: what it says of the day before isn't
  // what the evidence says any more.
  bool RunIncrement() {
    const auto increment = NewIncrement();
    ReadPairs(context_.Query(PairsQuery(RelationOf(kToday))), increment->ids(), context_.stop(),
              [&](std::span<const identity::NamedEdge> pairs) {
                std::vector<identity::NamedEdge> kept;
                increment->AddToday(Kept(pairs, increment->ids(), kept));
                CheckMemory(increment->ids(), increment->num_rows());
              });
    bool is_clean = true;
    const std::string may_touch = erased_.IsEmpty() ? MayTouch(*increment) : "true";
    ReadStateEdges(*increment, may_touch, [&](std::span<const identity::StateEdge> edges) {
      is_clean = is_clean && std::ranges::none_of(edges, [&](const identity::StateEdge& edge) {
                   return HasErased(increment->ids(), edge.edge);
                 });
      increment->Look(edges);
    });
    if (is_clean) {
      GiveIncrement(increment);
    }
    return is_clean;
  }

  std::shared_ptr<identity::Increment> NewIncrement() const {
    return std::make_shared<identity::Increment>(settings_.parameters, options_);
  }

  bool IsErased(const identity::IdDictionary& ids, const identity::IdName& id) const {
    return erased_.Contains(ids.PartyName(id.party), id.text);
  }
  bool HasErased(const identity::IdDictionary& ids, const identity::NamedEdge& edge) const {
    return !erased_.IsEmpty() && (IsErased(ids, edge.a) || IsErased(ids, edge.b));
  }

  // The pairs without those of erased ids; in `kept`, if there are erased ids at all.
  std::span<const identity::NamedEdge> Kept(std::span<const identity::NamedEdge> pairs,
                                            const identity::IdDictionary& ids,
                                            std::vector<identity::NamedEdge>& kept) const {
    if (erased_.IsEmpty()) {
      return pairs;
    }
    std::ranges::copy_if(pairs, std::back_inserter(kept),
                         [&](const identity::NamedEdge& pair) { return !HasErased(ids, pair); });
    return kept;
  }

  // After all of the state was looked at.
  void GiveIncrement(const std::shared_ptr<identity::Increment>& increment) {
    do {
      const std::string fresh = KeepPersons("fresh", increment->Fresh());
      const std::string is_fresh =
          fmt::format("universal_id IN {0} OR universal_id_b IN {0}", fresh);
      ReadStateEdges(*increment, is_fresh, [&](std::span<const identity::StateEdge> edges) {
        increment->Take(edges);
        CheckMemory(increment->ids(), increment->num_rows());
      });
    } while (increment->NeedsMore());
    const auto result = std::make_shared<const identity::DayResult>(increment->Finish());
    const std::string touched = KeepPersons("touched", increment->Touched());
    const std::string is_untouched = fmt::format("universal_id NOT IN {}", touched);
    const std::string are_untouched =
        fmt::format("{} AND coalesce(universal_id_b NOT IN {}, true)", is_untouched, touched);
    context_.Carry(kEdges, EdgesSchema(), {kState, are_untouched}, EdgeRows(result));
    context_.Carry(kMapping, MappingSchema(), {kPeople, is_untouched}, MappingRows(result));
    context_.Carry(kViolations, ViolationsSchema(), {kAudit, is_untouched}, ViolationRows(result));
    context_.Give(kChanges, ChangesSchema(), ChangeRows(result));
    GiveBasis();
  }

  void GiveBasis() {
    context_.Give(kBasis, BasisSchema(),
                  BasisRows(FormatDate(settings_.day), settings_.ParametersText()));
  }

  // The query of universal ids that are kept as a table.
  std::string KeepPersons(const std::string& name, std::vector<Hash128> persons) {
    const Schema schema{{TextField("universal_id")}};
    return fmt::format("(SELECT universal_id FROM {})",
                       context_.Keep(name, schema, PersonRows(std::move(persons))));
  }

  // A condition that holds for all edges of the state that may touch somebody, if no id is erased.
  std::string MayTouch(const identity::Increment& increment) {
    const std::string today =
        context_.Keep("todays_ids", Schema{{TextField("id")}}, TodaysIdRows(increment));
    return fmt::format(
        "mark = 'cut' OR epoch_us(last_seen) < ({} - least({}, {})) * {} OR "
        "id_a IN (SELECT id FROM {}) OR id_b IN (SELECT id FROM {})",
        settings_.day, settings_.ExpirySql("party_a"), settings_.ExpirySql("party_b"), kDay, today,
        today);
  }

  // Of an argument that is known to be there.
  std::string RelationOf(const char* argument) const {
    return context_.Relation(argument).value_or("");
  }

  void ReadStateEdges(identity::Increment& increment, const std::string& condition,
                      const std::function<void(std::span<const identity::StateEdge>)>& take) {
    ReadState(context_.Query(StateQuery(RelationOf(kState), condition)), increment.ids(),
              context_.stop(), take);
  }

  // What of the run's memory the kernel may take: DuckDB, which reads and writes beside it, keeps a
  // quarter. Before another query's rows are read.
  std::uint64_t MemoryForGraph() {
    const auto limit =
        std::get<std::string>(context_.Query("SELECT current_setting('memory_limit')").Cell());
    return static_cast<std::uint64_t>(ParseBytes(limit).value_or(0)) / 4 * 3;
  }

  // Refuses what doesn't fit into memory.
  void CheckMemory(const identity::IdDictionary& ids, std::size_t num_rows) const {
    const std::uint64_t needed = identity::RebuildBytes(ids, num_rows, options_.with_changes);
    if (needed > memory_) {
      constexpr double kGiB = 1 << 30;
      throw UserError(
          "the identity graph doesn't fit into memory: {} pairs of {} ids so far need {:.2f} GiB, "
          "and {:.2f} GiB is allowed, three quarters of the budget; give it a larger --memory, or "
          "fewer pairs, by regions or a shorter expiry_days",
          num_rows, ids.size(), static_cast<double>(needed) / kGiB,
          static_cast<double>(memory_) / kGiB);
    }
  }

  OperatorContext& context_;
  GraphSettings settings_;
  enrich::SuppressedIds erased_;
  std::uint64_t memory_;  // bytes
  identity::DayOptions options_;
};

}  // namespace

void CheckExpiry(const nlohmann::json& settings) {
  const auto expiry = settings.is_object() ? settings.find("expiry") : settings.end();
  if (expiry == settings.end() || !expiry->is_object()) {
    return;
  }
  for (const auto& [party, days] : expiry->items()) {
    const std::string text = days.is_string() ? days.get<std::string>() : days.dump();
    if (!text.starts_with('{')) {
      ReadDays(party, text);
    }
  }
}

void RunDay(OperatorContext& context) {
  try {
    DayRun(context).Run();
  } catch (const identity::TooManyParties& error) {
    throw UserError("{}, in the pairs of {} or those before it that are kept", error.what(),
                    context.settings().at("day").get<std::string>());
  }
}

}  // namespace weir::operators
