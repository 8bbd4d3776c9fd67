#include "jobs/graph/bound_determinism.h"

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"
#include "data/schema.h"
#include "jobs/graph/determinism.h"
#include "jobs/graph/row_order.h"

namespace weir::jobs {
namespace {

using Json = nlohmann::json;

// An aggregate without ORDER BY, as it is bound.
struct BoundAggregate {
  std::string name;
  bool has_floats = false;  // among its arguments
};

// A call in a text that adds floats if its argument is one.
struct SumCall {
  std::size_t begin = std::string::npos;  // of its name in the text; unknown otherwise
  std::string name;                       // as it is called: "wavg"
  std::string aggregate;                  // as it is bound: "sum"

  auto operator<=>(const SumCall&) const = default;
};

bool IsFilled(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && !found->is_null() && !found->empty();
}

bool IsOrdered(const Json& call) {
  const auto orders = call.find("order_bys");
  return IsFilled(call, "orders") || IsFilled(call, "arg_orders") ||
         (orders != call.end() && orders->is_object() && IsFilled(*orders, "orders"));
}

bool IsFloatType(const Json& type) {
  const std::string id = TextOf(type, "id");
  return id == "DOUBLE" || id == "FLOAT";
}

// What a plan computes over rows; not what functions of lists do within one, in its order.
void FindAggregates(const Json& plan, std::vector<BoundAggregate>& found) {
  const std::string kind = plan.is_object() ? TextOf(plan, "expression_class") : "";
  if (kind == "BOUND_AGGREGATE" || kind == "BOUND_WINDOW") {
    const std::string name = LowerCase(TextOf(plan, "name"));  // none of row_number() and its like
    if (!name.empty() && !IsOrdered(plan)) {
      found.push_back(
          {.name = name, .has_floats = std::ranges::any_of(plan.at("arguments"), IsFloatType)});
    }
  }
  for (const auto& [key, part] : plan.items()) {
    if (part.is_structured() && key != "function_data") {
      FindAggregates(part, found);
    }
  }
}

// The calls of sums and means in a parse tree that have no order of their own.
void FindSumCalls(const Json& tree, const std::string& text, std::vector<SumCall>& calls) {
  const std::string kind = tree.is_object() ? TextOf(tree, "class") : "";
  if ((kind == "FUNCTION" || kind == "WINDOW") && !IsOrdered(tree)) {
    const std::string name = LowerCase(TextOf(tree, "function_name"));
    const bool is_sum = RowOrderOf(name) == RowOrder::kFloatsAlone;
    const std::string aggregate = is_sum ? name : std::string(AggregateWithin(name));
    const auto begin = tree.value("query_location", std::string::npos);
    if (!aggregate.empty()) {
      const bool is_there =
          begin < text.size() && SameName(std::string_view(text).substr(begin, name.size()), name);
      calls.push_back(
          {.begin = is_there ? begin : std::string::npos, .name = name, .aggregate = aggregate});
    }
  }
  for (const Json& part : tree) {
    if (part.is_structured()) {
      FindSumCalls(part, text, calls);
    }
  }
}

class BoundDeterminismCheck {
 public:
  BoundDeterminismCheck(const SqlSource& source, const project::Substitutions& values,
                        sql::Connection& connection, project::Mistakes& mistakes)
      : source_(source),
        values_(values),
        connection_(connection),
        mistakes_(mistakes),
        filled_({.text = project::FillSql(source.text, values), .place = {}}) {}

  void Check() {
    const auto aggregates = AggregatesOf(filled_.text);
    if (!aggregates || std::ranges::none_of(*aggregates, MayDiffer)) {
      return;
    }
    project::Mistakes noted;
    const auto parsed = ParseSql(filled_, {}, connection_, noted);
    if (!parsed) {
      return;
    }
    std::set<std::string> explained = CheckDeterminism(*parsed, filled_, noted);
    CheckNames(*aggregates, std::move(explained));
    if (std::ranges::any_of(*aggregates, AddsFloats)) {
      FindSumCalls(parsed->tree, filled_.text, calls_);
      std::ranges::sort(calls_);
      CheckSums(*aggregates, noted);
    }
  }

 private:
  static bool AddsFloats(const BoundAggregate& aggregate) {
    return RowOrderOf(aggregate.name) == RowOrder::kFloatsAlone && aggregate.has_floats;
  }

  static bool MayDiffer(const BoundAggregate& aggregate) {
    const auto order = RowOrderOf(aggregate.name);
    return order == RowOrder::kFloatsAlone ? aggregate.has_floats : order != RowOrder::kAny;
  }

  // Nothing for a text that has no plan.
  std::optional<std::vector<BoundAggregate>> AggregatesOf(const std::string& text) {
    const std::array<sql::Value, 1> parameters = {sql::Value(text)};
    const sql::Value cell =
        connection_.Query("SELECT json_serialize_plan($1::VARCHAR)", parameters).Cell();
    const Json plan = Json::parse(std::get<std::string>(cell));
    if (plan.value("error", true)) {
      return std::nullopt;
    }
    std::vector<BoundAggregate> found;
    FindAggregates(plan.at("plans"), found);
    return found;
  }

  // Aggregates of which the text says nothing, or that are new. The planner takes the one row of a
  // subquery with first().
  void CheckNames(const std::vector<BoundAggregate>& aggregates, std::set<std::string> explained) {
    explained.insert("first");
    for (const BoundAggregate& aggregate : aggregates) {
      if (MayDiffer(aggregate) && !AddsFloats(aggregate) &&
          explained.insert(aggregate.name).second) {
        NoteDifference(source_.place,
                       fmt::format("{}() depends on the order of rows", aggregate.name), mistakes_);
      }
    }
  }

  // `noted`: by CheckDeterminism(), of the same text.
  void CheckSums(const std::vector<BoundAggregate>& aggregates, const project::Mistakes& noted) {
    bool is_found = false;
    for (const SumCall& call : calls_) {
      const bool is_noted = IsNoted(call, noted);
      if (!is_noted && CallAddsFloats(call)) {
        NoteDifference(PlaceOf(call), WhyNotSummed(call.name), mistakes_);
        is_found = true;
      }
      is_found = is_found || is_noted;
    }
    if (!is_found) {
      const auto sum = std::ranges::find_if(aggregates, AddsFloats);
      NoteDifference(source_.place, WhyNotSummed(sum->name), mistakes_);
    }
  }

  // A plan doesn't say where its aggregates stand. So all calls but one become others that give the
  // same types: what adds floats then is that one. When in doubt it does.
  bool CallAddsFloats(const SumCall& call) {
    std::string text = filled_.text;
    for (auto other = calls_.rbegin(); other != calls_.rend(); ++other) {
      if (*other != call && other->begin != std::string::npos) {
        text.replace(other->begin, other->name.size(), ExactLike(*other));
      }
    }
    const auto left = AggregatesOf(text);
    return !left || std::ranges::any_of(*left, [&](const BoundAggregate& aggregate) {
      return AddsFloats(aggregate) && aggregate.name == call.aggregate;
    });
  }

  // An aggregate of as many arguments and the same type.
  static const char* ExactLike(const SumCall& call) {
    if (call.name == "wavg" || call.name == "weighted_avg") {
      return "corr";
    }
    return call.name == "sum" ? "max" : "exact_sum";
  }

  bool IsNoted(const SumCall& call, const project::Mistakes& noted) const {
    return call.begin != std::string::npos &&
           std::ranges::any_of(noted.Sorted(), [&](const project::Mistake& mistake) {
             return mistake.place == filled_.PlaceOf(call.begin);
           });
  }

  project::Place PlaceOf(const SumCall& call) const {
    return call.begin == std::string::npos
               ? source_.place
               : source_.PlaceOf(project::PlaceBeforeFillSql(source_.text, values_, call.begin));
  }

  const SqlSource& source_;
  const project::Substitutions& values_;
  sql::Connection& connection_;
  project::Mistakes& mistakes_;
  SqlSource filled_;            // with its names filled in
  std::vector<SumCall> calls_;  // in the order of the filled text
};

}  // namespace

void CheckBoundDeterminism(const SqlSource& source, const project::Substitutions& values,
                           sql::Connection& connection, project::Mistakes& mistakes) {
  BoundDeterminismCheck(source, values, connection, mistakes).Check();
}

}  // namespace weir::jobs
