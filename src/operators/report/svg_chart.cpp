#include "operators/report/svg_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace weir::operators {
namespace {

constexpr double kWidth = 320;
constexpr double kHeight = 240;
constexpr double kLeft = 44;
constexpr double kRight = 310;
constexpr double kTop = 28;
constexpr double kBottom = 196;

struct SeriesStyle {
  std::string_view colour;
  std::string_view dash;
};

// Colours that are told apart by the colour-blind (Okabe and Ito, 2008).
constexpr std::array<SeriesStyle, 4> kStyles{
    {{"#0072b2", "none"}, {"#d55e00", "6 3"}, {"#009e73", "2 2"}, {"#555555", "8 3 2 3"}}};

const SeriesStyle& StyleOf(const ChartSeries& series) {
  return kStyles[series.style % kStyles.size()];
}

// One side of the chart: values to units.
struct ChartAxis {
  double least = 0;
  double most = 1;
  bool is_log = false;
  double from = 0;
  double to = 0;

  double At(double value) const {
    const auto place = [&](double v) { return is_log ? std::log10(v) : v; };
    const double share = (place(value) - place(least)) / (place(most) - place(least));
    return from + std::clamp(share, 0.0, 1.0) * (to - from);
  }

  // Round numbers in it.
  std::vector<double> Ticks() const {
    std::vector<double> ticks;
    if (is_log) {
      double tick = std::pow(10, std::ceil(std::log10(least) - 1e-9));
      while (tick <= most * 1.0001) {
        ticks.push_back(tick);
        tick *= 10;
      }
      return ticks;
    }
    const double step = StepOf((most - least) / 4);
    for (int i = 0; least + i * step <= most * 1.0001; ++i) {
      ticks.push_back(least + i * step);
    }
    return ticks;
  }

 private:
  // The least of 1, 2, 5, 10 … times a power of ten from `width` on.
  static double StepOf(double width) {
    const double power = std::pow(10, std::floor(std::log10(width)));
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor * power >= width * 0.9999) {
        return factor * power;
      }
    }
    return 10 * power;
  }
};

struct ChartAxes {
  ChartAxis x;
  ChartAxis y;
};

ChartAxes AxesOf(const Chart& chart) {
  double most_x = 0;
  double least_x = 1;
  double most_y = chart.level.value_or(0);
  double bars = 0;
  for (const ChartSeries& series : chart.series) {
    for (const ChartPoint& point : series.points) {
      most_x = std::max(most_x, point.x);
      least_x = std::min(least_x, point.x);
      most_y = std::max({most_y, point.y, point.upper.value_or(0)});
      bars = series.kind == SeriesKind::kBars ? std::max(bars, point.x) : bars;
    }
  }
  most_x = most_x > 0 ? most_x : 1;
  most_y = most_y > 0 ? most_y : 1;
  if (chart.has_diagonal) {
    most_x = most_y = std::max(most_x, most_y);
  }
  ChartAxes axes{.x = {.least = chart.log_x ? least_x : 0,
                       .most = chart.log_x && most_x <= least_x ? 10 * least_x : most_x,
                       .is_log = chart.log_x,
                       .from = kLeft,
                       .to = kRight},
                 .y = {.least = 0, .most = most_y, .is_log = false, .from = kBottom, .to = kTop}};
  if (bars > 0) {
    axes.x.least = 0.5;
    axes.x.most = bars + 0.5;
  }
  return axes;
}

std::string TextAt(double x, double y, std::string_view anchor, std::string_view text) {
  return fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='{}'>{}</text>", x, y, anchor,
                     HtmlText(text));
}

std::string LineBetween(double x1, double y1, double x2, double y2, std::string_view look) {
  return fmt::format("<line x1='{:.1f}' y1='{:.1f}' x2='{:.1f}' y2='{:.1f}' {}/>", x1, y1, x2, y2,
                     look);
}

std::string FrameOf(const Chart& chart, const ChartAxes& axes, bool has_bars) {
  std::string svg;
  for (const double tick : axes.y.Ticks()) {
    svg += LineBetween(kLeft, axes.y.At(tick), kRight, axes.y.At(tick), "class='grid'");
    svg += TextAt(kLeft - 4, axes.y.At(tick) + 4, "end", fmt::format("{:.3g}", tick));
  }
  if (has_bars) {
    for (int bar = 1; bar < axes.x.most; ++bar) {
      svg += TextAt(axes.x.At(bar), kBottom + 14, "middle", fmt::format("{}", bar));
    }
  } else {
    for (const double tick : axes.x.Ticks()) {
      svg += TextAt(axes.x.At(tick), kBottom + 14, "middle", fmt::format("{:.3g}", tick));
    }
  }
  svg += LineBetween(kLeft, kBottom, kRight, kBottom, "class='axis'");
  svg += LineBetween(kLeft, kBottom, kLeft, kTop, "class='axis'");
  svg += TextAt((kLeft + kRight) / 2, kBottom + 28, "middle", chart.x_label);
  svg += fmt::format(
      "<text x='11' y='{0:.1f}' text-anchor='middle' transform='rotate(-90 11 "
      "{0:.1f})'>{1}</text>",
      (kTop + kBottom) / 2, HtmlText(chart.y_label));
  if (chart.has_diagonal) {
    svg += LineBetween(kLeft, kBottom, kRight, kTop, "class='chance'");
  }
  if (chart.level) {
    svg += LineBetween(kLeft, axes.y.At(*chart.level), kRight, axes.y.At(*chart.level),
                       "class='chance'");
  }
  return svg;
}

std::string PathOf(const ChartSeries& series, const ChartAxes& axes) {
  std::string line;
  std::string above;
  std::string below;
  for (const ChartPoint& point : series.points) {
    line += fmt::format("{:.1f},{:.1f} ", axes.x.At(point.x), axes.y.At(point.y));
    if (point.lower && point.upper) {
      above += fmt::format("{:.1f},{:.1f} ", axes.x.At(point.x), axes.y.At(*point.upper));
      below = fmt::format("{:.1f},{:.1f} ", axes.x.At(point.x), axes.y.At(*point.lower)) + below;
    }
  }
  const SeriesStyle& style = StyleOf(series);
  std::string svg;
  if (!above.empty()) {
    svg += fmt::format("<polygon points='{}{}' fill='{}' fill-opacity='0.15'/>", above, below,
                       style.colour);
  }
  return svg + fmt::format(
                   "<polyline points='{}' fill='none' stroke='{}' stroke-width='1.8' "
                   "stroke-dasharray='{}'/>",
                   line, style.colour, style.dash);
}

std::string DotsOf(const ChartSeries& series, const ChartAxes& axes) {
  const std::string colour(StyleOf(series).colour);
  std::string svg;
  for (const ChartPoint& point : series.points) {
    const double x = axes.x.At(point.x);
    if (point.lower && point.upper) {
      svg += LineBetween(x, axes.y.At(*point.lower), x, axes.y.At(*point.upper),
                         fmt::format("stroke='{}'", colour));
    }
    svg += fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='3' fill='{}'/>", x, axes.y.At(point.y),
                       colour);
  }
  return svg;
}

// The `number`th of `of` series of bars.
std::string BarsOf(const ChartSeries& series, const ChartAxes& axes, std::size_t number,
                   std::size_t of) {
  const double width = 0.8 / static_cast<double>(of);
  std::string svg;
  for (const ChartPoint& point : series.points) {
    const double left = axes.x.At(point.x - 0.4 + static_cast<double>(number) * width);
    const double right = axes.x.At(point.x - 0.4 + static_cast<double>(number + 1) * width);
    svg += fmt::format(
        "<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' fill='{}' fill-opacity='{}'/>",
        left, axes.y.At(point.y), right - left, kBottom - axes.y.At(point.y),
        StyleOf(series).colour, number == 0 ? "0.9" : "0.55");
  }
  return svg;
}

std::string LegendOf(const Chart& chart) {
  std::string svg;
  double x = 4;
  for (const ChartSeries& series : chart.series) {
    if (chart.series.size() < 2) {
      break;
    }
    const SeriesStyle& style = StyleOf(series);
    svg += LineBetween(x, kHeight - 6, x + 16, kHeight - 6,
                       fmt::format("stroke='{}' stroke-width='3' stroke-dasharray='{}'",
                                   style.colour, style.dash));
    svg += TextAt(x + 19, kHeight - 2, "start", series.name);
    x += 28 + 5.8 * static_cast<double>(series.name.size());
  }
  return svg;
}

}  // namespace

std::string SvgOf(const Chart& chart) {
  const ChartAxes axes = AxesOf(chart);
  const bool has_bars = !chart.series.empty() && chart.series.front().kind == SeriesKind::kBars;
  std::string svg = fmt::format("<svg viewBox='0 0 {:.0f} {:.0f}' role='img' aria-label='{}'>",
                                kWidth, kHeight, HtmlText(chart.title));
  svg +=
      fmt::format("<text x='{:.1f}' y='14' class='title'>{}</text>", kLeft, HtmlText(chart.title));
  svg += FrameOf(chart, axes, has_bars);
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const ChartSeries& series = chart.series[i];
    switch (series.kind) {
      case SeriesKind::kLine:
        svg += PathOf(series, axes);
        break;
      case SeriesKind::kDots:
        svg += DotsOf(series, axes);
        break;
      case SeriesKind::kBars:
        svg += BarsOf(series, axes, i, chart.series.size());
        break;
    }
  }
  return svg + LegendOf(chart) + "</svg>";
}

std::string HtmlText(std::string_view text) {
  std::string html;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '\'':
        html += "&#39;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += static_cast<unsigned char>(letter) < ' ' ? ' ' : letter;
    }
  }
  return html;
}

}  // namespace weir::operators
