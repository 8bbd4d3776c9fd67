#include "jobs/graph/determinism.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "base/ascii.h"
#include "jobs/graph/parsed_sql.h"

namespace weir::jobs {
namespace {

using Json = nlohmann::json;
using Names = std::set<std::string, std::less<>>;

const Names& Clocks() {
  static const Names names = {"now",
                              "today",
                              "current_date",
                              "current_time",
                              "current_timestamp",
                              "current_localtime",
                              "current_localtimestamp",
                              "get_current_time",
                              "get_current_timestamp",
                              "transaction_timestamp",
                              "localtime",
                              "localtimestamp"};
  return names;
}

const Names& Random() {
  static const Names names = {"random", "rand",   "setseed", "uuid",    "gen_random_uuid",
                              "uuidv4", "uuidv7", "nextval", "currval", "txid_current"};
  return names;
}

const Names& Approximate() {
  static const Names names = {"approx_count_distinct", "approx_quantile", "approx_top_k",
                              "reservoir_quantile"};
  return names;
}

// Aggregates whose result depends on the order of rows.
const Names& Ordered() {
  static const Names names = {
      "first",  "last",       "any_value",    "arbitrary", "list",         "array_agg",
      "mode",   "string_agg", "group_concat", "listagg",   "arg_max",      "arg_min",
      "argmax", "argmin",     "max_by",       "min_by",    "arg_max_null", "arg_min_null",
      "fsum",   "kahan_sum",  "sumkahan",     "favg",      "first_value",  "last_value"};
  return names;
}

// Functions that put a list in order, so that it doesn't matter in which one it was made.
const Names& Sorters() {
  static const Names names = {"list_sort", "array_sort", "list_reverse_sort", "array_reverse_sort"};
  return names;
}

// Window functions that need an order to mean anything.
const Names& OrderedWindows() {
  static const Names names = {"row_number", "ntile",     "lag",         "lead",      "first",
                              "last",       "nth_value", "first_value", "last_value"};
  return names;
}

const Names& Sums() {
  static const Names names = {"sum",        "avg",       "mean",     "stddev",  "stddev_samp",
                              "stddev_pop", "variance",  "var_samp", "var_pop", "corr",
                              "covar_samp", "covar_pop", "product"};
  return names;
}

const Names& FileReaders() {
  static const Names names = {
      "read_csv",       "read_csv_auto", "read_parquet", "parquet_scan",     "read_json",
      "read_json_auto", "read_ndjson",   "read_text",    "read_ndjson_auto", "read_json_objects",
      "read_blob",      "glob",          "sniff_csv",    "delta_scan",       "sqlite_scan",
      "postgres_scan",  "mysql_scan",    "iceberg_scan", "read_avro"};
  return names;
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

class DeterminismCheck {
 public:
  DeterminismCheck(const SqlSource& source, project::Mistakes& mistakes)
      : source_(source), mistakes_(mistakes) {}

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
    mistakes_.Note(PlaceOf(node), fmt::format("results would differ from run to run: {} (or "
                                              "deterministic: false, if that is meant)",
                                              text));
  }

  void CheckCommon(const Json& node, const std::string& name) {
    if (Clocks().contains(name)) {
      Note(node,
           fmt::format("{} is the clock; {{start}}, {{end}} and {{ds}} are the interval", name));
    } else if (Random().contains(name)) {
      Note(node, fmt::format("{}() gives another value each time; a hash of the row's key doesn't",
                             name));
    } else if (Approximate().contains(name)) {
      Note(node, fmt::format("{}() depends on the order of rows; use an exact function", name));
    } else if (FileReaders().contains(name)) {
      Note(node,
           fmt::format("{}() reads what no run records; a connector step brings files in", name));
    }
  }

  void CheckSum(const Json& node, const std::string& name) {
    const auto arguments = node.find("children");
    if (Sums().contains(name) && arguments != node.end() &&
        std::ranges::any_of(*arguments, IsFloat)) {
      Note(node, fmt::format("{}() of DOUBLE adds in any order; use DECIMAL or exact_sum()", name));
    }
  }

  void CheckFunction(const Json& node, const std::string& name) {
    CheckCommon(node, name);
    CheckSum(node, name);
    if (Sorters().contains(name) && !IsEmptyList(node, "children")) {
      sorted_ = &node["children"].front();
    }
    if (Ordered().contains(name) && !HasOrder(node) && IsAggregate(node, name) &&
        &node != sorted_) {
      Note(node, fmt::format("{0}() depends on the order of rows; write {0}(… ORDER BY a unique "
                             "key)",
                             name));
    }
  }

  // `list` and its like also name scalar functions of lists, of other arguments.
  static bool IsAggregate(const Json& node, const std::string& name) {
    const std::size_t arguments =
        node.contains("children") && node["children"].is_array() ? node["children"].size() : 0;
    const bool takes_two = name.starts_with("arg_") || name.ends_with("_by") ||
                           name.starts_with("argm") || name == "string_agg" ||
                           name == "group_concat" || name == "listagg";
    return takes_two ? arguments >= 1 : arguments == 1;
  }

  void CheckWindow(const Json& node, const std::string& name) {
    CheckCommon(node, name);
    CheckSum(node, name);
    const bool unordered = IsEmptyList(node, "orders") && IsEmptyList(node, "arg_orders");
    if (unordered && (OrderedWindows().contains(name) || Ordered().contains(name))) {
      Note(node,
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
      if (const Json* limit = find(type)) {
        Note(*limit, "LIMIT takes any rows; write ORDER BY a unique key before it");
      }
    }
    const Json* distinct = find("DISTINCT_MODIFIER");
    if (distinct != nullptr && !IsEmptyList(*distinct, "distinct_on_targets")) {
      Note(*distinct, "DISTINCT ON takes any row; write ORDER BY a unique key");
    }
  }

  const SqlSource& source_;
  project::Mistakes& mistakes_;
  const Json* sorted_ = nullptr;  // visited next: what a function puts in order
};

}  // namespace

void CheckDeterminism(const ParsedSql& parsed, const SqlSource& source,
                      project::Mistakes& mistakes) {
  DeterminismCheck(source, mistakes).Visit(parsed.tree);
}

}  // namespace weir::jobs
