#include "operators/rank_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "data/cells.h"
#include "operators/appended_column.h"
#include "sql/quote.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

constexpr auto kRows = "rows";
constexpr auto kRanked = "ranked";

struct OrderColumn {
  std::string name;
  bool descending = false;
};

OrderColumn ParseOrder(const std::string& text) {
  const std::size_t space = text.find(' ');
  const std::string direction = space == std::string::npos ? "asc" : text.substr(space + 1);
  if (direction != "asc" && direction != "desc") {
    throw UserError("setting 'order_by' has '{}'; allowed: a column, perhaps with asc or desc",
                    text);
  }
  return {.name = text.substr(0, space), .descending = direction == "desc"};
}

struct Settings {
  std::vector<std::string> groups;
  std::vector<OrderColumn> order;
  std::string as;

  explicit Settings(const Json& settings)
      : groups(settings.at("group_by")), as(settings.at("as").get<std::string>()) {
    for (const std::string text : settings.at("order_by")) {
      order.push_back(ParseOrder(text));
    }
    if (order.empty()) {
      throw UserError("setting 'order_by' is empty; a total order needs at least one column");
    }
  }
};

void CheckColumn(const Schema& schema, const std::string& name) {
  if (schema.Find(name) == nullptr) {
    throw UserError("operator 'rank_rows': no column '{}'; '{}' has {}{}", name, kRows,
                    fmt::to_string(fmt::join(schema.names(), ", ")),
                    DidYouMean(name, schema.names()));
  }
}

// SQL of a BLOB whose bytes compare as the columns do. The text behind them makes it one: short
// keys of numbers alone are a BIGINT.
std::string SortKey(const std::vector<OrderColumn>& columns) {
  std::vector<std::string> parts;
  parts.reserve(columns.size());
  for (const OrderColumn& column : columns) {
    parts.push_back(fmt::format("{}, '{} NULLS LAST'", sql::QuoteName(column.name),
                                column.descending ? "DESC" : "ASC"));
  }
  parts.emplace_back("'', 'ASC NULLS LAST'");
  return fmt::format("create_sort_key({})", fmt::to_string(fmt::join(parts, ", ")));
}

std::string SortedRows(const Settings& settings, const std::string& relation) {
  std::vector<OrderColumn> groups;
  groups.reserve(settings.groups.size());
  for (const std::string& name : settings.groups) {
    groups.push_back({.name = name});
  }
  return fmt::format(
      "SELECT *, {} AS weir_group, {} AS weir_order FROM {} ORDER BY weir_group, weir_order",
      SortKey(groups), SortKey(settings.order), relation);
}

// Numbers sorted rows; remembers the last row across batches.
class Ranker {
 public:
  // Ranks of the rows of a batch whose last two columns are the keys of group and order.
  std::vector<std::int64_t> Rank(const ArrowArray& rows) {
    const ArrowArray& groups = *rows.children[rows.n_children - 2];
    const ArrowArray& orders = *rows.children[rows.n_children - 1];
    std::vector<std::int64_t> ranks;
    ranks.reserve(static_cast<std::size_t>(rows.length));
    for (std::int64_t row = rows.offset; row < rows.offset + rows.length; ++row) {
      ranks.push_back(Next(BytesAt(groups, row), BytesAt(orders, row)));
    }
    return ranks;
  }

 private:
  std::int64_t Next(std::string_view group, std::string_view order) {
    const bool same_group = rank_ > 0 && group == group_;
    if (same_group && order == order_) {
      throw UserError(
          "operator 'rank_rows': two rows of a group are equal in `order_by`; add columns that "
          "tell them apart");
    }
    group_ = group;
    order_ = order;
    rank_ = same_group ? rank_ + 1 : 1;
    return rank_;
  }

  std::string group_;
  std::string order_;
  std::int64_t rank_ = 0;
};

class RankRows final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "rank_rows",
        .doc = "Numbers the rows of each group from 1 in a total order.",
        .version = 1,
        .arguments = {{.name = kRows, .doc = "the rows to number"}},
        .outputs = {kRanked},
        .settings = {{.name = "group_by",
                      .type = SettingType::kTexts,
                      .standard = Json::array(),
                      .doc = "columns of equal rows; none: all rows are one group"},
                     {.name = "order_by",
                      .type = SettingType::kTexts,
                      .required = true,
                      .doc = "columns, each perhaps with asc or desc"},
                     {.name = "as", .standard = "rank", .doc = "name of the new column"}}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const Json& settings,
                              const std::map<std::string, Schema>& inputs) const override {
    const Settings parsed(settings);
    Schema schema = inputs.at(kRows);
    for (const std::string& name : parsed.groups) {
      CheckColumn(schema, name);
    }
    for (const OrderColumn& column : parsed.order) {
      CheckColumn(schema, column.name);
    }
    if (schema.Find(parsed.as) != nullptr) {
      throw UserError("operator 'rank_rows': '{}' has a column '{}' already; set `as`", kRows,
                      parsed.as);
    }
    schema.fields.push_back(
        {.name = parsed.as, .type = {.kind = TypeKind::kLong, .children = {}}, .nullable = false});
    return {schema};
  }

  Split SplitOf(const Json& settings) const override {
    const Settings parsed(settings);
    return parsed.groups.empty() ? Split{} : Split{.how = Splitting::kKeys, .keys = parsed.groups};
  }

  void Run(OperatorContext& context) const override {
    const Settings settings(context.settings());
    auto sorted = std::make_shared<sql::Result>(
        context.Query(SortedRows(settings, *context.Relation(kRows))));
    Schema input = sorted->schema();
    input.fields.resize(input.fields.size() - 2);
    const std::size_t num_columns = input.fields.size();
    const Schema schema = Outputs(context.settings(), {{kRows, input}}).front();

    const auto next = [sorted, num_columns, ranker = Ranker()]() mutable -> std::optional<Batch> {
      auto batch = sorted->NextBatch();
      if (!batch) {
        return std::nullopt;
      }
      std::vector<std::int64_t> ranks = ranker.Rank(*batch->get());
      return AppendIntegers(*std::move(batch), num_columns, std::move(ranks));
    };
    context.Pipe(kRanked, schema, next);
  }
};

}  // namespace

std::unique_ptr<Operator> MakeRankRows() { return std::make_unique<RankRows>(); }

}  // namespace weir::operators
