#include "operators/identity/connected_components.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "identity/universal_id.h"
#include "operators/appended_column.h"
#include "operators/fields.h"
#include "operators/identity/chosen_rows.h"
#include "operators/identity/edge_reader.h"
#include "operators/identity/graph_columns.h"
#include "operators/identity/graph_rows.h"
#include "sql/quote.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

constexpr auto kToday = "today";
constexpr auto kState = "state";
constexpr auto kPeople = "people";
constexpr auto kAudit = "audit";
constexpr auto kEvidence = "evidence";
constexpr auto kEdges = "edges";
constexpr auto kMapping = "mapping";
constexpr auto kChanges = "changes";
constexpr auto kViolations = "violations";

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

  explicit GraphSettings(const Json& settings) {
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
        options_{.day = settings_.day,
                 .threads = AvailableProcessors(),
                 .with_changes = context.Wants(kChanges)} {}

  void Run() {
    if (StateIsOfTheDayBefore()) {
      RunIncrement();
    } else {
      RunRebuild();
    }
  }

 private:
  bool StateIsOfTheDayBefore() {
    if (!context_.Relation(kState)) {
      return false;
    }
    sql::Result rows = context_.Query(
        fmt::format("SELECT DISTINCT as_of, parameters FROM {}", *context_.Relation(kState)));
    const auto found = rows.Rows();
    return found.size() == 1 &&
           std::get<std::string>(found[0][0]) == FormatDate(settings_.day - 1) &&
           std::get<std::string>(found[0][1]) == settings_.ParametersText();
  }

  void RunRebuild() {
    identity::IdDictionary ids;
    std::vector<identity::Edge> evidence;
    for (const char* argument : {kToday, kEvidence}) {
      if (const auto relation = context_.Relation(argument)) {
        ReadPairs(context_.Query(PairsQuery(*relation)), ids, context_.stop(),
                  [&](std::span<const identity::NamedEdge> pairs) {
                    identity::AddEdges(pairs, options_.threads, ids, evidence);
                  });
      }
    }
    const auto result = std::make_shared<const identity::DayResult>(
        identity::Rebuild(std::move(ids), std::move(evidence), settings_.parameters, options_));
    context_.Give(kEdges, EdgesSchema(), NewEdges(result));
    context_.Give(kMapping, MappingSchema(), MappingRows(result));
    context_.Give(kChanges, ChangesSchema(), ChangeRows(result));
    context_.Give(kViolations, ViolationsSchema(), ViolationRows(result));
  }

  void RunIncrement() {
    const auto increment = std::make_shared<identity::Increment>(settings_.parameters, options_);
    ReadPairs(context_.Query(PairsQuery(*context_.Relation(kToday))), increment->ids(),
              context_.stop(),
              [&](std::span<const identity::NamedEdge> pairs) { increment->AddToday(pairs); });
    ReadStateWith(*increment, &identity::Increment::Look);
    do {
      ReadStateWith(*increment, &identity::Increment::Take);
    } while (increment->NeedsMore());
    const auto result = std::make_shared<const identity::DayResult>(increment->Finish());
    const std::string edge_columns =
        fmt::format("* REPLACE ({} AS as_of)", sql::QuoteText(FormatDate(settings_.day)));
    Merge(kEdges, EdgesSchema(), NewEdges(result), {kState, edge_columns}, increment);
    Merge(kMapping, MappingSchema(), MappingRows(result), {kPeople, "*"}, increment);
    Merge(kViolations, ViolationsSchema(), ViolationRows(result), {kAudit, "*"}, increment);
    context_.Give(kChanges, ChangesSchema(), ChangeRows(result));
  }

  void ReadStateWith(identity::Increment& increment,
                     void (identity::Increment::*take)(std::span<const identity::StateEdge>)) {
    ReadState(context_.Query(StateQuery(*context_.Relation(kState))), increment.ids(),
              context_.stop(),
              [&](std::span<const identity::StateEdge> edges) { (increment.*take)(edges); });
  }

  BatchSource NewEdges(const SharedResult& result) const {
    return EdgeRows(result, FormatDate(settings_.day), settings_.ParametersText());
  }

  struct Before {
    const char* argument;
    std::string columns;
  };

  // `fresh` and the rows of the day before whose people weren't touched.
  void Merge(const char* output, const Schema& schema, BatchSource fresh, const Before& before,
             std::shared_ptr<identity::Increment> increment) {
    if (!context_.Wants(output)) {
      return;
    }
    auto old = std::make_shared<sql::Result>(context_.Query(
        fmt::format("SELECT {} FROM (SELECT {} FROM {})", fmt::join(QuotedNames(schema), ", "),
                    before.columns, *context_.Relation(before.argument))));
    const auto keep = Untouched(schema, std::move(increment));
    context_.Pipe(output, schema, [=]() -> std::optional<Batch> {
      if (auto batch = fresh()) {
        return batch;
      }
      while (auto batch = old->NextBatch()) {
        Batch chosen = ChosenRows(*batch, schema, keep);
        if (chosen.num_rows() > 0) {
          return chosen;
        }
      }
      return std::nullopt;
    });
  }

  static std::vector<std::string> QuotedNames(const Schema& schema) {
    std::vector<std::string> names;
    for (const Field& field : schema.fields) {
      names.push_back(sql::QuoteName(field.name));
    }
    return names;
  }

  // Whether no person of a row was touched.
  static std::function<bool(const ArrowArray&, std::int64_t)> Untouched(
      const Schema& schema, std::shared_ptr<identity::Increment> increment) {
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
      if (schema.fields[i].name.starts_with("universal_id")) {
        columns.push_back(i);
      }
    }
    return [columns, increment](const ArrowArray& rows, std::int64_t row) {
      return std::ranges::none_of(columns, [&](std::size_t at) {
        const ArrowArray& column = *rows.children[at];
        return !IsNullAt(column, row) &&
               increment->IsTouched(identity::ParseUniversalId(BytesAt(column, row)));
      });
    };
  }

  OperatorContext& context_;
  GraphSettings settings_;
  identity::DayOptions options_;
};

std::vector<Field> PairColumnsNeeded() {
  return {TextField("party_a"),  TextField("id_a"),    TextField("party_b"), TextField("id_b"),
          TimeField("first_ts"), TimeField("last_ts"), LongField("calls")};
}

class ConnectedComponents final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration declaration{
        .name = "connected_components",
        .doc = "People as connected components of ids that were seen together, day by day.",
        .version = 1,
        .arguments = Arguments(),
        .outputs = {kEdges, kMapping, kChanges, kViolations},
        .settings = Settings()};
    return declaration;
  }

  std::vector<Schema> Outputs(const Json& /*settings*/,
                              const std::map<std::string, Schema>& inputs) const override {
    const bool has_state = inputs.contains(kState);
    if (has_state != inputs.contains(kPeople) || has_state != inputs.contains(kAudit)) {
      throw UserError(
          "operator 'connected_components' takes 'state', 'people' and 'audit' together: its "
          "outputs '{}', '{}' and '{}' of the day before",
          kEdges, kMapping, kViolations);
    }
    return {EdgesSchema(), MappingSchema(), ChangesSchema(), ViolationsSchema()};
  }

  Split SplitOf(const Json& /*settings*/) const override { return {}; }

  void Run(OperatorContext& context) const override { DayRun(context).Run(); }

 private:
  static std::vector<Argument> Arguments() {
    return {{.name = kToday,
             .columns = PairColumnsNeeded(),
             .doc = "ids seen together that day: a row a pair"},
            {.name = kState,
             .columns = EdgesSchema().fields,
             .optional = true,
             .read_again = true,
             .doc = "the edges of the day before"},
            {.name = kPeople,
             .columns = MappingSchema().fields,
             .optional = true,
             .doc = "the mapping of the day before"},
            {.name = kAudit,
             .columns = ViolationsSchema().fields,
             .optional = true,
             .doc = "the violations of the day before"},
            {.name = kEvidence,
             .columns = PairColumnsNeeded(),
             .optional = true,
             .doc = "what was seen on the days before; read where `state` is of other days"}};
  }

  static std::vector<Setting> Settings() {
    return {{.name = "day", .required = true, .doc = "the day of the run: \"{ds}\""},
            {.name = "max_neighbours",
             .type = SettingType::kInteger,
             .standard = 20,
             .least = 1,
             .most = 1e9,
             .doc = "an id with more distinct ids of one other party is a hub"},
            {.name = "max_component",
             .type = SettingType::kInteger,
             .standard = 200,
             .least = 1,
             .most = 1e9,
             .doc = "a component with more ids is cut"},
            {.name = "expiry_days",
             .type = SettingType::kInteger,
             .standard = 180,
             .least = 1,
             .most = 1e6,
             .doc = "days for which a pair lives without being seen"},
            {.name = "expiry",
             .type = SettingType::kObject,
             .standard = Json::object(),
             .doc = "the same by party, {an: \"18\"}; of a pair the lesser counts"}};
  }
};

}  // namespace

std::unique_ptr<Operator> MakeConnectedComponents() {
  return std::make_unique<ConnectedComponents>();
}

}  // namespace weir::operators
