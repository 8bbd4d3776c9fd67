#include "connectors/show/show.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/error.h"
#include "connectors/files/sorted_rows.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

// Whether a column of this SQL type is aligned to the right.
bool IsNumber(const std::string& type) {
  constexpr std::array<std::string_view, 9> kNumbers = {"TINYINT", "SMALLINT", "INTEGER",
                                                        "BIGINT",  "HUGEINT",  "UBIGINT",
                                                        "DOUBLE",  "FLOAT",    "DECIMAL"};
  return std::ranges::any_of(kNumbers,
                             [&](std::string_view name) { return type.starts_with(name); });
}

std::string CellText(const sql::Value& cell) {
  return sql::IsNull(cell) ? std::string() : std::get<std::string>(cell);
}

ShownRows FirstRows(sql::Connection& connection, const SortedRows& rows, std::int64_t most) {
  ShownRows shown{
      .title = {}, .headings = {}, .rows = {}, .more = rows.size() - std::min(rows.size(), most)};
  std::string cells;
  for (const auto& column :
       connection
           .Query(fmt::format("SELECT column_name, column_type FROM (DESCRIBE {}) "
                              "WHERE column_name <> 'weir_row'",
                              rows.name()))
           .Rows()) {
    const auto& name = std::get<std::string>(column[0]);
    shown.headings.push_back((IsNumber(std::get<std::string>(column[1])) ? ">" : "") + name);
    cells += fmt::format("{}CAST({} AS VARCHAR)", cells.empty() ? "" : ", ", sql::QuoteName(name));
  }
  for (const auto& row :
       connection.Query(fmt::format("SELECT {} FROM ({})", cells, rows.Select(0, most))).Rows()) {
    std::vector<std::string> texts;
    std::ranges::transform(row, std::back_inserter(texts), CellText);
    shown.rows.push_back(std::move(texts));
  }
  return shown;
}

class Show final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "show",
        .doc = "Rows of a relation as a table for people, when the command ends.",
        .version = 1,
        .settings = {{Direction::kOut,
                      {{.name = "title", .required = true, .doc = "what stands above the table"},
                       {.name = "sort_by",
                        .type = SettingType::kTexts,
                        .required = true,
                        .doc = "columns that the rows are sorted by"},
                       {.name = "rows",
                        .type = SettingType::kInteger,
                        .standard = 50,
                        .least = 1,
                        .doc = "rows that are shown, at most"}}}},
        .effect = Effect::kFile};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const nlohmann::json& /*settings*/) const override {}

  SendReport Send(ConnectorContext& context) const override {
    const SortedRows rows(context.connection, "show", context.relation,
                          context.settings.at("sort_by"));
    SendReport report{.identity = "shown", .rows = rows.size()};
    report.shown = FirstRows(context.connection, rows, context.settings.at("rows"));
    report.shown->title = context.settings.at("title");
    return report;
  }
};

}  // namespace

std::unique_ptr<Connector> MakeShow() { return std::make_unique<Show>(); }

}  // namespace weir::connectors
