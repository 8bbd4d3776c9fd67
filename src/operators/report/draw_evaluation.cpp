#include "operators/report/draw_evaluation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "data/cells.h"
#include "data/column_builder.h"
#include "operators/columns_together.h"
#include "operators/fields.h"
#include "operators/query_rows.h"
#include "operators/report/svg_chart.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

constexpr auto kStyle =
    "body{font:16px/1.45 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem;"
    "color:#111;background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(18rem,100%),1fr));"
    "gap:.75rem}svg{width:100%;height:auto;break-inside:avoid}svg text{font:11px "
    "system-ui,sans-serif;fill:#222}svg .title{font-weight:600;font-size:12px}.grid{stroke:#ddd}"
    ".axis{stroke:#444}.chance{stroke:#999;stroke-dasharray:3 3}.scroll{overflow-x:auto}"
    "table{border-collapse:collapse;font-size:.875rem}th,td{padding:.2rem .6rem;text-align:right;"
    "border-bottom:1px solid #ddd;white-space:nowrap}th:first-child,td:first-child,.text{"
    "text-align:left}.warning{color:#9c2b00;font-weight:600}section{break-inside:avoid-page}"
    "@media print{body{font-size:11px;padding:0;max-width:none}.charts{"
    "grid-template-columns:repeat(3,1fr)}.scroll{overflow:visible}h2{break-after:avoid}}";

constexpr std::array<std::pair<const char*, const char*>, 4> kMethodNames{
    {{"model", "model"},
     {"naive_bayes", "naive Bayes"},
     {"popularity", "popularity"},
     {"activity", "activity"}}};

std::string MethodName(const std::string& method) {
  const auto* const found = std::ranges::find(
      kMethodNames, method, [](const auto& entry) { return std::string(entry.first); });
  return found == kMethodNames.end() ? method : found->second;
}

// By method, the first one first.
std::size_t PlaceOf(const std::string& method) {
  const auto* const found = std::ranges::find(
      kMethodNames, method, [](const auto& entry) { return std::string(entry.first); });
  return static_cast<std::size_t>(found - kMethodNames.begin());
}

std::optional<double> NumberAt(const ArrowArray& column, std::int64_t row) {
  return IsNullAt(column, row) ? std::nullopt : std::optional(DoubleAt(column, row));
}

struct FigureRow {
  std::string method;
  std::int64_t segments = 0;
  std::int64_t people = 0;
  std::int64_t positives = 0;
  std::array<std::optional<double>, 9> numbers{};  // three figures, each with its interval
};

struct DriftLine {
  std::optional<double> index;
  std::optional<double> cosine;
  std::string warning;
};

// What stands on the page of one segment, or of all together.
struct PagePart {
  std::vector<FigureRow> figures;
  std::map<std::string, std::map<std::size_t, ChartSeries>> curves;  // by curve and method
  std::vector<std::array<double, 2>> bins;                           // people then, now
  std::optional<DriftLine> drift;
};

struct EvaluationPage {
  PagePart together;
  std::map<std::int64_t, PagePart> segments;

  PagePart& Part(const ArrowArray& column, std::int64_t row) {
    return IsNullAt(column, row) ? together : segments[IntegerAt(column, row)];
  }
};

void ReadPageFigures(OperatorContext& context, EvaluationPage& page) {
  ForEachRowOf(context,
               fmt::format("SELECT segment_id, method, segments, people, positives, auc, auc_lower,"
                           " auc_upper, average_precision, average_precision_lower, "
                           "average_precision_upper, auc_behind, auc_behind_lower, auc_behind_upper"
                           " FROM {} ORDER BY segment_id, method",
                           *context.Relation("figures")),
               [&](const ArrowArray& rows, std::int64_t row) {
                 FigureRow figure{.method = std::string(BytesAt(*rows.children[1], row)),
                                  .segments = IntegerAt(*rows.children[2], row),
                                  .people = IntegerAt(*rows.children[3], row),
                                  .positives = IntegerAt(*rows.children[4], row)};
                 for (std::size_t i = 0; i < figure.numbers.size(); ++i) {
                   figure.numbers[i] = NumberAt(*rows.children[5 + i], row);
                 }
                 page.Part(*rows.children[0], row).figures.push_back(std::move(figure));
               });
}

void ReadPageCurves(OperatorContext& context, EvaluationPage& page) {
  ForEachRowOf(context,
               fmt::format("SELECT segment_id, method, curve, x, y, lower, upper FROM {} ORDER BY "
                           "segment_id, curve, method, x, y",
                           *context.Relation("curves")),
               [&](const ArrowArray& rows, std::int64_t row) {
                 const std::string method(BytesAt(*rows.children[1], row));
                 const std::string curve(BytesAt(*rows.children[2], row));
                 ChartSeries& series =
                     page.Part(*rows.children[0], row).curves[curve][PlaceOf(method)];
                 series.name = MethodName(method);
                 series.style = PlaceOf(method);
                 series.kind = curve == "calibration" ? SeriesKind::kDots : SeriesKind::kLine;
                 ChartPoint point{.x = DoubleAt(*rows.children[3], row),
                                  .y = DoubleAt(*rows.children[4], row)};
                 if (series.style == 0) {  // four bands are no help
                   point.lower = NumberAt(*rows.children[5], row);
                   point.upper = NumberAt(*rows.children[6], row);
                 }
                 series.points.push_back(point);
               });
}

void ReadPageDrift(OperatorContext& context, EvaluationPage& page) {
  ForEachRowOf(context,
               fmt::format("SELECT segment_id, stability_index, weights_cosine, coalesce(warning, "
                           "'') FROM {} ORDER BY segment_id",
                           *context.Relation("drift")),
               [&](const ArrowArray& rows, std::int64_t row) {
                 page.Part(*rows.children[0], row).drift =
                     DriftLine{.index = NumberAt(*rows.children[1], row),
                               .cosine = NumberAt(*rows.children[2], row),
                               .warning = std::string(BytesAt(*rows.children[3], row))};
               });
  ForEachRowOf(
      context,
      fmt::format("SELECT segment_id, CAST(before AS DOUBLE), CAST(now AS DOUBLE) FROM {} "
                  "ORDER BY segment_id, bin",
                  *context.Relation("drift_bins")),
      [&](const ArrowArray& rows, std::int64_t row) {
        page.Part(*rows.children[0], row)
            .bins.push_back({DoubleAt(*rows.children[1], row), DoubleAt(*rows.children[2], row)});
      });
}

std::string Shown(const std::optional<double>& number) {
  return number ? fmt::format("{:.3f}", *number) : "–";
}

// "0.712 (0.690 to 0.733)"
std::string WithInterval(const FigureRow& row, std::size_t figure) {
  const auto& numbers = row.numbers;
  if (!numbers[figure] || !numbers[figure + 1] || !numbers[figure + 2]) {
    return Shown(numbers[figure]);
  }
  return fmt::format("{:.3f} ({:.3f} to {:.3f})", *numbers[figure], *numbers[figure + 1],
                     *numbers[figure + 2]);
}

std::string FigureTable(const PagePart& part) {
  std::string html =
      "<div class='scroll'><table><tr><th>ranked by</th><th>segments</th><th>people</th>"
      "<th>converted</th><th>ROC AUC</th><th>average precision</th><th>model ahead by</th></tr>";
  std::vector<FigureRow> rows = part.figures;
  std::ranges::stable_sort(rows, {}, [](const FigureRow& row) { return PlaceOf(row.method); });
  for (const FigureRow& row : rows) {
    html += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        HtmlText(MethodName(row.method)), row.segments, row.people, row.positives,
        WithInterval(row, 0), WithInterval(row, 3), WithInterval(row, 6));
  }
  return html + "</table></div>";
}

// Means over other segments can't be compared.
std::string UnequalText(const PagePart& part) {
  const bool are_equal = std::ranges::all_of(part.figures, [&](const FigureRow& row) {
    return row.segments == part.figures.front().segments;
  });
  return are_equal
             ? ""
             : "<p class='warning'>Not every method ranks all segments: means of another number of "
               "segments aren't of the same people. Compare them by segment, below.</p>";
}

std::string DriftTable(const EvaluationPage& page) {
  std::string html =
      "<div class='scroll'><table><tr><th>segment</th><th>stability index of scores</th><th>cosine "
      "of weights</th><th class='text'>warning</th></tr>";
  for (const auto& [number, part] : page.segments) {
    if (part.drift) {
      html += fmt::format(
          "<tr><td><a href='#s{0}'>{0}</a></td><td>{1}</td><td>{2}</td><td class='text "
          "warning'>{3}</td></tr>",
          number, Shown(part.drift->index), Shown(part.drift->cosine),
          HtmlText(part.drift->warning));
    }
  }
  return html + "</table></div>";
}

Chart WithSeries(const PagePart& part, const std::string& curve, Chart chart) {
  const auto found = part.curves.find(curve);
  if (found != part.curves.end()) {
    for (const auto& [place, series] : found->second) {
      chart.series.push_back(series);
    }
  }
  return chart;
}

void BeginAt(double x, double y, Chart& chart) {
  for (ChartSeries& series : chart.series) {
    series.points.insert(series.points.begin(), {.x = x, .y = y});
  }
}

// Shares of the people of each day by the tenths of the earlier one.
Chart DriftChart(const PagePart& part) {
  Chart chart{
      .title = "Score drift", .x_label = "tenth of the scores then", .y_label = "share of people"};
  std::array<double, 2> totals{};
  for (const auto& bin : part.bins) {
    totals[0] += bin[0];
    totals[1] += bin[1];
  }
  constexpr std::array<const char*, 2> kNames = {"then", "now"};
  for (std::size_t day = 0; day < 2 && totals[0] * totals[1] > 0; ++day) {
    ChartSeries& series = chart.series.emplace_back(
        ChartSeries{.name = kNames[day], .kind = SeriesKind::kBars, .style = day});
    for (const auto& bin : part.bins) {
      series.points.push_back(
          {.x = static_cast<double>(series.points.size()) + 1, .y = bin[day] / totals[day]});
    }
  }
  return chart;
}

std::string ChartsOf(const PagePart& part) {
  std::vector<Chart> charts;
  charts.push_back(WithSeries(part, "roc",
                              {.title = "ROC",
                               .x_label = "false positive rate",
                               .y_label = "true positive rate",
                               .has_diagonal = true}));
  BeginAt(0, 0, charts.back());
  charts.push_back(
      WithSeries(part, "precision_recall",
                 {.title = "Precision and recall", .x_label = "recall", .y_label = "precision"}));
  charts.push_back(WithSeries(part, "lift",
                              {.title = "Lift by tenth",
                               .x_label = "share of people, best first",
                               .y_label = "times the mean",
                               .level = 1}));
  charts.push_back(WithSeries(part, "reach_similarity",
                              {.title = "Reach and similarity",
                               .x_label = "share of people reached",
                               .y_label = "times the mean",
                               .log_x = true,
                               .level = 1}));
  charts.push_back(WithSeries(part, "calibration",
                              {.title = "Calibration of the model",
                               .x_label = "mean probability",
                               .y_label = "share that converted",
                               .has_diagonal = true}));
  charts.push_back(DriftChart(part));
  std::string html = "<div class='charts'>";
  for (const Chart& chart : charts) {
    html += chart.series.empty() ? "" : SvgOf(chart);
  }
  return html + "</div>";
}

std::string PageText(const EvaluationPage& page, const std::string& title) {
  std::string html = fmt::format(
      "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
      "content='width=device-width, initial-scale=1'><title>{0}</title><style>{1}</style></head>"
      "<body><h1>{0}</h1>",
      HtmlText(title), kStyle);
  html +=
      "<p>Everybody who could have been sent, ranked by what was known then, and who of them "
      "converted since. Intervals hold the truth in 19 of 20 cases; the model's are shaded.</p>";
  html += "<section><h2>All segments together</h2><p>Means over segments.</p>" +
          UnequalText(page.together) + FigureTable(page.together) + ChartsOf(page.together) +
          "</section>";
  html += "<section><h2>Drift</h2>" + DriftTable(page) + "</section>";
  for (const auto& [number, part] : page.segments) {
    html += fmt::format("<section id='s{0}'><h2>Segment {0}</h2>{1}", number, FigureTable(part));
    if (part.drift && !part.drift->warning.empty()) {
      html += fmt::format("<p class='warning'>{}</p>", HtmlText(part.drift->warning));
    }
    html += ChartsOf(part) + "</section>";
  }
  return html + "</body></html>";
}

Schema PageSchema() { return {{TextField("html")}}; }

Argument PageArgument(const char* name, std::vector<Field> fields, const char* doc) {
  return {.name = name, .columns = std::move(fields), .doc = doc};
}

class DrawEvaluation final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "draw_evaluation",
        .doc = "Figures, curves and drift of an evaluation as one HTML page without scripts.",
        .version = 1,
        .arguments = {PageArgument("figures", {LongField("segment_id", true), TextField("method")},
                                   "as evaluate_scores gives them"),
                      PageArgument(
                          "curves",
                          {LongField("segment_id", true), TextField("method"), TextField("curve")},
                          "as evaluate_scores gives them"),
                      PageArgument("drift", {LongField("segment_id")}, "as score_drift gives it"),
                      PageArgument("drift_bins", {LongField("segment_id")},
                                   "as score_drift gives them")},
        .outputs = {"page"},
        .settings = {{.name = "title", .required = true, .doc = "what stands above"}}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const Json& /*settings*/,
                              const std::map<std::string, Schema>& /*inputs*/) const override {
    return {PageSchema()};
  }

  Split SplitOf(const Json& /*settings*/) const override { return {}; }

  void Run(OperatorContext& context) const override {
    EvaluationPage page;
    ReadPageFigures(context, page);
    ReadPageCurves(context, page);
    ReadPageDrift(context, page);
    auto text = std::make_shared<std::string>(PageText(page, context.settings().at("title")));
    context.Give("page", PageSchema(), [text]() mutable -> std::optional<Batch> {
      if (!text) {
        return std::nullopt;
      }
      TextColumn html;
      html.Append(*std::exchange(text, nullptr));
      return Together(1, html);
    });
  }
};

}  // namespace

std::unique_ptr<Operator> MakeDrawEvaluation() { return std::make_unique<DrawEvaluation>(); }

}  // namespace weir::operators
