#include "jobs/graph/determinism.h"

#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>

#include "base/ascii.h"
#include "jobs/graph/parsed_sql.h"
#include "jobs/graph/repeatable_functions.h"
#include "jobs/graph/row_order.h"

namespace weir::jobs {
namespace {

using Json = nlohmann::json;
using Names = std::set<std::string, std::less<>>;

// Functions that put a list in order, so that it doesn't matter in which one it was made.
const Names& Sorters() {
  static const Names kNames = {"list_sort", "array_sort", "list_reverse_sort",
                               "array_reverse_sort"};
  return kNames;
}

// Macros of DuckDB's that list in the order of rows, and take no ORDER BY.
const Names& JsonGroups() {
  static const Names kNames = {"json_group_array", "json_group_object", "json_group_structure"};
  return kNames;
}

bool IsEmptyList(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found == node.end() || !found->is_array() || found->empty();
}

bool HasOrder(const Json& function) {
  const auto order = function.find("order_bys");
  return order != function.end() && order->is_object() && !IsEmptyList(*order, "orders");
}

bool IsFloat(const Json& expression) {
  const auto type = expression.find("cast_type");
  const std::string name = type != expression.end() && type->is_object() ? TextOf(*type, "id") : "";
  return name == "DOUBLE" || name == "FLOAT";
}

// `x.list()` has x for an argument; `main.list(x)` says where list() is.
std::size_t NumArguments(const Json& node) {
  const std::string before = LowerCase(TextOf(node, "schema"));
  const std::size_t listed =
      node.contains("children") && node["children"].is_array() ? node["children"].size() : 0;
  return before.empty() || before == "main" || before == "system" ? listed : listed + 1;
}

// A frame that counts rows, of a window without order.
bool CountsRows(const Json& window) {
  return TextOf(window, "start").ends_with("_ROWS") || TextOf(window, "end").ends_with("_ROWS");
}

class DeterminismCheck {
 public:
  DeterminismCheck(const SqlSource& source, project::Mistakes& mistakes)
      : source_(source), mistakes_(mistakes) {}

  // Aggregates that were noted, or whose result is put in order.
  const std::set<std::string>& explained() const { return explained_; }

  void Visit(const Json& node) {
    if (node.is_object()) {
      CheckNode(node);
    }
    if (node.is_structured()) {
      for (const Json& part : node) {
        Visit(part);
      }
    }
  }

 private:
  void CheckNode(const Json& node) {
    const std::string kind = TextOf(node, "class");
    if (kind == "FUNCTION") {
      CheckFunction(node, LowerCase(TextOf(node, "function_name")));
    } else if (kind == "WINDOW") {
      CheckWindow(node, LowerCase(TextOf(node, "function_name")));
    } else if (kind == "COLUMN_REF") {
      CheckColumn(node);
    } else if (TextOf(node, "type") == "TABLE_FUNCTION") {
      CheckTableFunction(node);
    } else if (TextOf(node, "type") == "SHOW_REF") {
      Note(node, "SUMMARIZE, DESCRIBE and SHOW guess, or tell of the process; write a SELECT");
    } else if (node.contains("modifiers")) {
      CheckModifiers(node);
    }
    const auto sample = node.find("sample");
    if (sample != node.end() && sample->is_object()) {
      Note(node, "a sample is another one each time; take rows by a hash of their key");
    }
  }

  // The place of a node, or of the first within it that has one.
  project::Place PlaceOf(const Json& node) const {
    if (const auto at = Location(node)) {
      return source_.PlaceOf(*at);
    }
    return source_.place;
  }

  std::optional<std::size_t> Location(const Json& node) const {
    if (node.is_object() && node.contains("query_location")) {
      const auto at = node["query_location"].get<std::size_t>();
      if (at < source_.text.size()) {
        return at;
      }
    }
    if (node.is_structured()) {
      for (const Json& part : node) {
        if (const auto at = Location(part)) {
          return at;
        }
      }
    }
    return std::nullopt;
  }

  void Note(const Json& node, const std::string& text) {
    NoteDifference(PlaceOf(node), text, mistakes_);
  }

  void CheckCommon(const Json& node, const std::string& name) {
    if (const std::string why = WhyNotRepeatable(name, NumArguments(node)); !why.empty()) {
      Note(node, why);
    } else if (JsonGroups().contains(name)) {
      NoteAggregate(node, name,
                    fmt::format("{}() lists in the order of rows; write to_json(list(… ORDER BY a "
                                "unique key))",
                                name));
    }
  }

  void CheckTableFunction(const Json& node) {
    const auto function = node.find("function");
    const std::string name =
        function == node.end() ? "" : LowerCase(TextOf(*function, "function_name"));
    if (const std::string why = WhyNotRecorded(name); !why.empty()) {
      Note(node, why);
    }
  }

  void NoteAggregate(const Json& node, const std::string& name, const std::string& text) {
    explained_.insert(name);
    Note(node, text);
  }

  // Of an aggregate without ORDER BY, or of a window without.
  void CheckSum(const Json& node, const std::string& name) {
    const auto order = RowOrderOf(name);
    if (order == RowOrder::kSums) {
      NoteAggregate(node, name,
                    fmt::format("{0}() adds DOUBLEs in any order; write {0}(… ORDER BY a unique "
                                "key), or use exact_sum()",
                                name));
    } else if (order == RowOrder::kFloatsAlone && !IsEmptyList(node, "children") &&
               std::ranges::any_of(node["children"], IsFloat)) {
      NoteAggregate(node, name, WhyNotSummed(name));
    } else if (name == "geomean" || name == "geometric_mean") {
      explained_.insert("avg");
      Note(node, fmt::format("{}() adds DOUBLEs in any order; use exp(exact_sum(ln(x)) / count(x))",
                             name));
    }
  }

  void CheckFunction(const Json& node, const std::string& name) {
    CheckCommon(node, name);
    if (Sorters().contains(name) && !IsEmptyList(node, "children")) {
      sorted_ = &node["children"].front();
    }
    CheckGuess(node, name);
    if (HasOrder(node)) {
      return;
    }
    CheckSum(node, name);
    if (RowOrderOf(name) == RowOrder::kPicks && IsAggregate(node, name)) {
      explained_.insert(name);
      if (&node != sorted_) {
        Note(node, fmt::format("{0}() depends on the order of rows; write {0}(… ORDER BY a unique "
                               "key)",
                               name));
      }
    }
  }

  // `list` and its like also name scalar functions of lists, of other arguments.
  static bool IsAggregate(const Json& node, const std::string& name) {
    const std::size_t arguments = NumArguments(node);
    const bool takes_two = name.starts_with("arg_") || name.ends_with("_by") ||
                           name.starts_with("argm") || name == "string_agg" ||
                           name == "group_concat" || name == "listagg";
    return takes_two ? arguments >= 1 : arguments == 1;
  }

  void CheckGuess(const Json& node, const std::string& name) {
    if (RowOrderOf(name) == RowOrder::kGuesses) {
      NoteAggregate(node, name,
                    fmt::format("{}() depends on the order of rows; use an exact function", name));
    }
  }

  void CheckWindow(const Json& node, const std::string& name) {
    CheckCommon(node, name);
    CheckGuess(node, name);
    if (!IsEmptyList(node, "orders") || !IsEmptyList(node, "arg_orders")) {
      return;
    }
    CheckSum(node, name);
    if (NumbersRows(name) || RowOrderOf(name) == RowOrder::kPicks || CountsRows(node)) {
      NoteAggregate(
          node, name,
          fmt::format("{}() depends on the order of rows; OVER (… ORDER BY a unique key)", name));
    }
  }

  // `current_date` and its like need no parentheses.
  void CheckColumn(const Json& node) {
    const auto parts = node.find("column_names");
    if (parts != node.end() && parts->size() == 1) {
      const std::string name = LowerCase(parts->front().get<std::string>());
      if (name.starts_with("current_") || name.starts_with("localtime")) {
        CheckCommon(node, name);
      }
    }
  }

  void CheckModifiers(const Json& node) {
    const auto find = [&](std::string_view type) -> const Json* {
      for (const Json& modifier : node["modifiers"]) {
        if (TextOf(modifier, "type") == type) {
          return &modifier;
        }
      }
      return nullptr;
    };
    const Json* order = find("ORDER_MODIFIER");
    if (order != nullptr && !IsEmptyList(*order, "orders")) {
      return;
    }
    for (const char* type : {"LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER"}) {
      if (const Json* limit = find(type); limit != nullptr && !TakesNothing(*limit)) {
        Note(*limit, "LIMIT takes any rows; write ORDER BY a unique key before it");
      }
    }
    const Json* distinct = find("DISTINCT_MODIFIER");
    if (distinct != nullptr && !IsEmptyList(*distinct, "distinct_on_targets")) {
      Note(*distinct, "DISTINCT ON takes any row; write ORDER BY a unique key");
    }
  }

  // LIMIT 0: the columns without a row.
  static bool TakesNothing(const Json& modifier) {
    const Json limit = modifier.value("limit", Json());
    return limit.is_object() && TextOf(limit, "class") == "CONSTANT" &&
           limit.value("value", Json::object()).value("value", Json()) == 0;
  }

  const SqlSource& source_;
  project::Mistakes& mistakes_;
  const Json* sorted_ = nullptr;  // visited next: what a function puts in order
  std::set<std::string> explained_;
};

}  // namespace

void NoteDifference(const project::Place& place, const std::string& why,
                    project::Mistakes& mistakes) {
  mistakes.Note(place, fmt::format("results would differ from run to run: {} (or deterministic: "
                                   "false, if that is meant)",
                                   why));
}

std::string WhyNotSummed(const std::string& name) {
  const bool is_mean = name == "avg" || name == "mean";
  return fmt::format("{}() of DOUBLE adds in any order; use DECIMAL or {}", name,
                     is_mean ? "exact_sum(x) / count(x)" : "exact_sum()");
}

std::set<std::string> CheckDeterminism(const ParsedSql& parsed, const SqlSource& source,
                                       project::Mistakes& mistakes) {
  DeterminismCheck check(source, mistakes);
  check.Visit(parsed.tree);
  return check.explained();
}

}  // namespace weir::jobs
