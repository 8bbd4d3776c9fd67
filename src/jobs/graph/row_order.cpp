#include "jobs/graph/row_order.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace weir::jobs {
namespace {

using Orders = std::map<std::string_view, RowOrder>;

Orders AllOrders() {
  const std::pair<RowOrder, std::set<std::string_view>> lists[] = {
      {RowOrder::kAny,
       {"bit_and",
        "bit_or",
        "bit_xor",
        "bitstring_agg",
        "bool_and",
        "bool_or",
        "count",
        "count_if",
        "count_star",
        "countif",
        "exact_sum",
        "histogram",
        "histogram_exact",
        "mad",
        "max",
        "median",
        "min",
        "quantile",
        "quantile_cont",
        "quantile_disc",
        "regr_count",
        "sum_no_overflow",
        "weir_fingerprint"}},
      {RowOrder::kFloatsAlone, {"sum", "avg", "mean"}},
      {RowOrder::kSums, {"corr",         "covar_pop",  "covar_samp", "entropy",    "kurtosis",
                         "kurtosis_pop", "product",    "regr_avgx",  "regr_avgy",  "regr_intercept",
                         "regr_r2",      "regr_slope", "regr_sxx",   "regr_sxy",   "regr_syy",
                         "sem",          "skewness",   "stddev",     "stddev_pop", "stddev_samp",
                         "var_pop",      "var_samp",   "variance",   "fsum",       "kahan_sum",
                         "sumkahan",     "favg"}},
      {RowOrder::kPicks,
       {"any_value",
        "arbitrary",
        "arg_max",
        "arg_max_null",
        "arg_max_nulls_last",
        "arg_min",
        "arg_min_null",
        "arg_min_nulls_last",
        "argmax",
        "argmin",
        "array_agg",
        "first",
        "first_value",
        "group_concat",
        "last",
        "last_value",
        "list",
        "listagg",
        "max_by",
        "min_by",
        "mode",
        "string_agg"}},
      {RowOrder::kGuesses,
       {"approx_count_distinct", "approx_quantile", "approx_top_k", "reservoir_quantile"}},
  };
  Orders orders;
  for (const auto& [order, names] : lists) {
    for (const std::string_view name : names) {
      orders.emplace(name, order);
    }
  }
  return orders;
}

}  // namespace

std::optional<RowOrder> RowOrderOf(std::string_view aggregate) {
  static const Orders kOrders = AllOrders();
  const auto found = kOrders.find(aggregate);
  return found == kOrders.end() ? std::nullopt : std::optional(found->second);
}

bool NumbersRows(std::string_view function) {
  static constexpr std::array<std::string_view, 6> kNames = {"row_number", "ntile",     "lag",
                                                             "lead",       "nth_value", "fill"};
  return std::ranges::find(kNames, function) != kNames.end();
}

std::string_view AggregateWithin(std::string_view macro) {
  static const std::map<std::string_view, std::string_view> kMacros = {
      {"geomean", "avg"}, {"geometric_mean", "avg"}, {"wavg", "sum"}, {"weighted_avg", "sum"}};
  const auto found = kMacros.find(macro);
  return found == kMacros.end() ? std::string_view() : found->second;
}

}  // namespace weir::jobs
