#include "cli/lookalikes/asked_segment.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/nearest_name.h"
#include "cli/lookalikes/result_cells.h"
#include "cli/tables_to_read.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kDefinitions = "metastore.lookalike_definitions";

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> parts;
  for (const auto part : std::views::split(text, ',')) {
    parts.emplace_back(part.begin(), part.end());
  }
  return parts;
}

// All that the platform has had, by id.
std::vector<AskedSegment> KnownSegments(lake::QuerySession& session) {
  std::vector<AskedSegment> segments;
  for (const ResultRow& row :
       session
           .Run(fmt::format("SELECT segment_id, arg_max(segment_name, ds), string_agg(DISTINCT "
                            "region, ',' ORDER BY region) FROM {} GROUP BY segment_id ORDER BY "
                            "segment_id",
                            kDefinitions))
           .Rows()) {
    segments.push_back(
        {.id = WholeAt(row, 0), .name = TextAt(row, 1), .regions = SplitAtCommas(TextAt(row, 2))});
  }
  return segments;
}

[[noreturn]] void ThrowUnknown(const std::string& word, const std::vector<AskedSegment>& known) {
  constexpr std::size_t kMost = 20;
  std::vector<std::string> names;
  std::vector<std::string> shown;
  for (const AskedSegment& segment : known) {
    names.push_back(std::to_string(segment.id));
    names.push_back(segment.name);
    if (shown.size() < kMost) {
      shown.push_back(fmt::format("{} '{}'", segment.id, segment.name));
    }
  }
  throw UserError("there is no lookalike segment '{}'{}; there {} {}{}", word,
                  DidYouMean(word, names), known.size() == 1 ? "is" : "are",
                  known.empty() ? "none" : fmt::format("{}", fmt::join(shown, ", ")),
                  known.size() > kMost ? fmt::format(" and {} more", known.size() - kMost) : "");
}

}  // namespace

AskedSegment FindSegment(Services& services, lake::QuerySession& session, const std::string& word) {
  RequireTable(services, kDefinitions, "platform_metadata");
  const std::vector<AskedSegment> known = KnownSegments(session);
  std::vector<AskedSegment> named;
  for (const AskedSegment& segment : known) {
    if (std::to_string(segment.id) == word) {
      return segment;
    }
    if (segment.name == word) {
      named.push_back(segment);
    }
  }
  if (named.empty()) {
    ThrowUnknown(word, known);
  }
  if (named.size() > 1) {
    throw UserError("{} segments are called '{}', {} and {} among them; an id says which one",
                    named.size(), word, named[0].id, named[1].id);
  }
  return named.front();
}

std::optional<std::string> AskedDay(const Arguments& arguments) {
  const auto day = arguments.OptionalText("--on");
  if (day && !ParseDate(*day)) {
    throw UsageError("--on '{}': expected a day such as 2026-01-05", *day);
  }
  return day;
}

std::optional<std::string> FindDay(lake::QuerySession& session, const std::string& table,
                                   const std::string& region, const std::optional<std::string>& day,
                                   const std::optional<std::int64_t>& segment) {
  std::vector<std::string> days;
  for (const ResultRow& row :
       session
           .Run(fmt::format("SELECT DISTINCT ds FROM {} WHERE region = {}{} ORDER BY ds", table,
                            sql::QuoteText(region),
                            segment ? fmt::format(" AND segment_id = {}", *segment) : ""))
           .Rows()) {
    days.push_back(TextAt(row, 0));
  }
  if (days.empty()) {
    return std::nullopt;
  }
  if (day && std::ranges::find(days, *day) == days.end()) {
    throw UserError("{} has no rows of {} for {}; there are {} from {} to {}", table, region, *day,
                    days.size() == 1 ? "those of one day," : fmt::format("{} days,", days.size()),
                    days.front(), days.back());
  }
  return day ? *day : days.back();
}

void RequireTable(Services& services, const std::string& table, const std::string& job) {
  if (!IsTableToRead(services, table)) {
    throw UserError("there is no table {} in {} yet: 'weir run +{}' makes it", table,
                    services.warehouse().root(), job);
  }
}

}  // namespace weir::cli
