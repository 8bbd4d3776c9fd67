#include "sql/plan_filters.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/error.h"
#include "sql/plan_json.h"
#include "sql/plan_predicate.h"

namespace weir::sql {
namespace {

using Json = nlohmann::json;

// Off: what would use that the stand-ins are empty, and what splits one scan into several or hides
// its conditions without moving any of them toward the scan.
constexpr std::string_view kSettings =
    "SET disabled_optimizers = 'statistics_propagation,compressed_materialization,join_order,"
    "build_side_probe_side,common_subexpressions,common_aggregate,column_lifetime,limit_pushdown,"
    "row_group_pruner,top_n,top_n_window_elimination,duplicate_groups,reorder_filter,"
    "sampling_pushdown,join_filter_pushdown,extension,sum_rewriter,late_materialization,"
    "common_subplan,join_elimination,window_self_join'";

// Names of functions that aren't constants, but that the optimizer or the binder folds.
constexpr std::array<std::string_view, 20> kSessionWords{
    "current_catalog",  "current_database",      "current_date",          "current_localtime",
    "current_role",     "current_schema",        "current_schemas",       "current_setting",
    "current_time",     "current_timestamp",     "current_user",          "current_localtimestamp",
    "get_current_time", "get_current_timestamp", "getvariable",           "in_search_path",
    "localtime",        "localtimestamp",        "transaction_timestamp", "txid_current"};
// The same that are also common names of columns: these count before a parenthesis, or before a
// quote or comment that may hide one.
constexpr std::array<std::string_view, 6> kSessionCalls{"age",  "now",     "today",
                                                        "user", "version", "session_user"};

bool IsWordLetter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
}

bool IsSessionWord(std::string_view word, std::string_view rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  const bool may_be_call =
      !rest.empty() && std::string_view("(\"/-").find(rest.front()) != std::string_view::npos;
  return std::ranges::find(kSessionWords, word) != kSessionWords.end() ||
         (may_be_call && std::ranges::find(kSessionCalls, word) != kSessionCalls.end());
}

// One LOGICAL_GET over a stand-in table.
class PlannedScan {
 public:
  // `node` must outlive it.
  explicit PlannedScan(const Json& node) : node_(node) {}

  bool IsTable() const {
    return node_.value("name", "") == "seq_scan" && node_.contains("function_data") &&
           node_["function_data"].contains("table");
  }

  std::string schema() const { return node_.at("function_data").value("schema", ""); }
  std::string table() const { return node_.at("function_data").value("table", ""); }

  // A filter after a sample tells nothing of the rows that are sampled from.
  bool IsSampled() const {
    return node_.contains("extra_info") && node_["extra_info"].contains("sample_options") &&
           !node_["extra_info"]["sample_options"].is_null();
  }

  Predicate PushedFilters() const {
    std::vector<Predicate> parts;
    for (const Json& filter : node_.at("table_filters").at("filters")) {
      const auto column = TableColumn(filter.at("key").get<std::uint64_t>());
      parts.push_back(column ? ReadTableFilter(filter.at("value"), *column) : Predicate{});
    }
    return AllOf(std::move(parts));
  }

  // The column that a node above the scan sees at `index`.
  std::optional<PlanColumn> OutputColumn(std::uint64_t index) const {
    const Json& projection = node_.at("projection_ids");
    const Json& read = node_.at("column_indexes");
    const auto position = projection.empty() ? index : projection.at(index).get<std::uint64_t>();
    return TableColumn(read.at(position).at("index").get<std::uint64_t>());
  }

 private:
  // The table's column, if the scan reads it whole: an optimizer may leave one field of a struct.
  std::optional<PlanColumn> TableColumn(std::uint64_t number) const {
    const Json& names = node_.at("names");
    if (number >= names.size()) {
      return std::nullopt;
    }
    for (const Json& read : node_.at("column_indexes")) {
      if (read.at("index") == number && read.value("index_type", "") != "FULL_READ") {
        return std::nullopt;
      }
    }
    return PlanColumn{names[number].get<std::string>(), &node_.at("returned_types").at(number)};
  }

  const Json& node_;
};

// What a LOGICAL_FILTER right above the scan asks for.
Predicate FiltersAbove(const Json& parent, const PlannedScan& scan) {
  std::vector<Predicate> parts;
  if (parent.value("type", "") == "LOGICAL_FILTER") {
    for (const Json& expression : parent.at("expressions")) {
      parts.push_back(ReadExpression(
          expression, [&](std::uint64_t index) { return scan.OutputColumn(index); }));
    }
  }
  return AllOf(std::move(parts));
}

void CollectScans(const Json& node, const Json& parent, std::vector<ScanFilter>& scans) {
  if (node.value("type", "") == "LOGICAL_GET") {
    const PlannedScan scan(node);
    if (scan.IsTable()) {
      Predicate filter = scan.IsSampled()
                             ? Predicate{}
                             : AllOf({scan.PushedFilters(), FiltersAbove(parent, scan)});
      scans.push_back({scan.schema(), scan.table(), std::move(filter)});
    }
  }
  for (const Json& child : node.at("children")) {
    CollectScans(child, node, scans);
  }
}

std::optional<std::string> SerializePlan(Connection& scratch, std::string_view sql) {
  scratch.Run(kSettings);
  const std::array<Value, 1> parameters{std::string(sql)};
  try {
    const Value plan =
        scratch
            .Query("SELECT json_serialize_plan($1::VARCHAR, optimize := true)::VARCHAR", parameters)
            .Cell();
    return std::get<std::string>(plan);
  } catch (const UserError&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<std::vector<ScanFilter>> FindScanFilters(Connection& scratch, std::string_view sql) {
  const auto text = DependsOnSession(sql) ? std::nullopt : SerializePlan(scratch, sql);
  const Json answer = text ? ParsePlan(*text) : Json();
  try {
    if (!answer.is_object() || answer.value("error", true) || answer.at("plans").size() != 1) {
      return std::nullopt;
    }
    std::vector<ScanFilter> scans;
    CollectScans(answer["plans"][0], Json::object(), scans);
    return scans;
  } catch (const Json::exception&) {
    return std::nullopt;  // a plan of another shape than those known
  }
}

bool DependsOnSession(std::string_view sql) {
  const std::string text = LowerCase(sql);
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto* end = std::ranges::find_if_not(rest, IsWordLetter);
    const std::string_view word(rest.begin(), end);
    rest.remove_prefix(word.size());
    if (IsSessionWord(word, rest)) {
      return true;
    }
    rest.remove_prefix(std::min<std::size_t>(word.empty() ? 1 : 0, rest.size()));
  }
  return false;
}

Predicate FilterOfTable(std::span<const ScanFilter> scans, std::string_view schema,
                        std::string_view table) {
  std::vector<Predicate> parts;
  for (const ScanFilter& scan : scans) {
    if (SameName(scan.schema, schema) && SameName(scan.table, table)) {
      parts.push_back(scan.filter);
    }
  }
  return parts.empty() ? Predicate{} : AnyOf(std::move(parts));
}

}  // namespace weir::sql
