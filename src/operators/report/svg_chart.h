#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::operators {

// A place of a chart, perhaps with an interval of its height.
struct ChartPoint {
  double x = 0;
  double y = 0;
  std::optional<double> lower{};
  std::optional<double> upper{};
};

enum class SeriesKind : std::uint8_t {
  kLine,  // with a band where points have intervals
  kDots,  // with whiskers where points have intervals
  kBars,  // from 0, side by side with the other series' bars; x counts 1, 2, …
};

struct ChartSeries {
  std::string name;
  SeriesKind kind = SeriesKind::kLine;
  // Of a fixed set of colours and dashes, which differ in print without colours, too.
  std::size_t style = 0;
  std::vector<ChartPoint> points{};  // by x
};

struct Chart {
  std::string title;
  std::string x_label;
  std::string y_label;
  bool log_x = false;             // x above 0 only
  bool has_diagonal = false;      // from (0, 0) on: what would be if x told y, or nothing
  std::optional<double> level{};  // a line across: what chance gives
  std::vector<ChartSeries> series{};
};

// The chart as an SVG element of 320 × 240 units that takes the width it is given, with a legend
// where there are several series. No scripts, no outside fonts. Equal charts give equal bytes.
std::string SvgOf(const Chart& chart);

// Text as it may stand in HTML: & < > ' " are escaped, control characters become spaces.
std::string HtmlText(std::string_view text);

}  // namespace weir::operators
