#include "jobs/plan/row_days.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "lake/stored_statistics.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

project::ScheduleLine Line(project::Cadence cadence, const std::string& time_zone) {
  return {.cadence = cadence, .cron = {}, .time_zone = time_zone};
}

ColumnBounds Bounds(const lake::AddFile& file, const lake::Metadata& metadata,
                    const std::string& column) {
  const std::array<std::string, 1> path{column};
  return lake::BoundsOf(file, metadata, path);
}

// The hour of a file all of whose rows have the same.
std::optional<int> HourOf(const lake::AddFile& file, const lake::Metadata& metadata) {
  const ColumnBounds bounds = Bounds(file, metadata, kHourColumn);
  if (!bounds.min || !bounds.max || bounds.min->text != bounds.max->text) {
    return std::nullopt;
  }
  const std::string& text = bounds.min->text;
  int hour = -1;
  std::from_chars(text.data(), text.data() + text.size(), hour);
  constexpr int kHours = 24;
  return hour >= 0 && hour < kHours ? std::optional(hour) : std::nullopt;
}

// 2026-01-05, and no more.
bool IsDay(const std::string& text) {
  constexpr std::size_t kLength = 10;
  return text.size() == kLength && ParseDate(text).has_value();
}

// A value of ds as SQL compares it with the column.
std::string DayLiteral(const DataType& type, const std::string& day) {
  return type.kind == TypeKind::kString ? sql::QuoteText(day)
                                        : fmt::format("DATE {}", sql::QuoteText(day));
}

}  // namespace

RowDays::RowDays(const std::string& time_zone)
    : days_(Line(project::Cadence::kDaily, time_zone)),
      hours_(Line(project::Cadence::kHourly, time_zone)) {}

const Field* RowDays::ColumnIn(const Schema& schema) {
  for (const char* name : {kDayColumn, kOtherDayColumn}) {
    const Field* day = schema.Find(name);
    if (day != nullptr &&
        (day->type.kind == TypeKind::kString || day->type.kind == TypeKind::kDate)) {
      return day;
    }
  }
  return nullptr;
}

Interval RowDays::DayOf(const Constant& value) const {
  return IsDay(value.text) ? days_.At(days_.TimeOf(value.text)) : kAllOfTime;
}

bool RowDays::HasNoDay(const lake::AddFile& file, const lake::Metadata& metadata) {
  const Field* day = ColumnIn(metadata.schema);
  const auto value =
      day == nullptr ? file.partition_values.end() : file.partition_values.find(day->name);
  return value != file.partition_values.end() && (!value->second || !IsDay(*value->second));
}

std::optional<Micros> RowDays::NewestEnd(const lake::Snapshot& table) const {
  std::optional<Micros> newest;
  for (const lake::AddFile& file : table.files) {
    const Interval range = RangeOf(file, table.metadata);
    if (range != kAllOfTime) {
      newest = std::max(newest.value_or(range.end), range.end);
    }
  }
  return newest;
}

Interval RowDays::RangeOf(const lake::AddFile& file, const lake::Metadata& metadata) const {
  const Field* day = ColumnIn(metadata.schema);
  if (day == nullptr) {
    return kAllOfTime;
  }
  const ColumnBounds bounds = Bounds(file, metadata, day->name);
  const Interval first = bounds.min ? DayOf(*bounds.min) : kAllOfTime;
  const Interval last = bounds.max ? DayOf(*bounds.max) : kAllOfTime;
  if (first == kAllOfTime || last == kAllOfTime || bounds.may_hold_nulls) {
    return kAllOfTime;
  }
  if (first == last && metadata.schema.Find(kHourColumn) != nullptr) {
    if (const auto hour = HourOf(file, metadata)) {
      return hours_.At(hours_.TimeOf(fmt::format("{}T{:02}:00", bounds.min->text, *hour)));
    }
  }
  return {.start = first.start, .end = last.end};
}

std::string RowDays::Condition(const Schema& schema, const Interval& window) const {
  if (window == kAllOfTime || !KnownIn(schema)) {
    return "true";
  }
  const Field& column = *ColumnIn(schema);
  const DataType& type = column.type;
  const std::string name = sql::QuoteName(column.name);
  const bool by_hour = schema.Find(kHourColumn) != nullptr;
  std::string condition;
  const auto add = [&condition](const std::string& part) {
    condition += (condition.empty() ? "" : " AND ") + part;
  };
  if (window.start != kAllOfTime.start) {
    const Interval day = days_.At(window.start);
    const std::string literal = DayLiteral(type, days_.Day(day));
    add(fmt::format("{} >= {}", name, literal));
    if (by_hour && day.start != window.start) {
      add(fmt::format("({} > {} OR CAST(hour AS INTEGER) >= {})", name, literal,
                      hours_.Hour(hours_.At(window.start))));
    }
  }
  if (window.end != kAllOfTime.end) {
    const Interval day = days_.At(window.end - 1);
    const std::string literal = DayLiteral(type, days_.Day(day));
    add(fmt::format("{} <= {}", name, literal));
    if (by_hour && day.end != window.end) {
      add(fmt::format("({} < {} OR CAST(hour AS INTEGER) <= {})", name, literal,
                      hours_.Hour(hours_.At(window.end - 1))));
    }
  }
  return condition;
}

}  // namespace weir::jobs
