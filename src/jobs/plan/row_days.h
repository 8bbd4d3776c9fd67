#pragma once

#include <optional>
#include <string>

#include "data/predicate.h"
#include "jobs/graph/fixed_columns.h"
#include "jobs/plan/facts.h"
#include "jobs/schedule/schedule.h"
#include "lake/actions.h"
#include "lake/snapshot.h"

// How rows of interval tables say which interval they belong to: the column `ds`, or `dt` where
// there is none, a day of the writer's time zone, and `hour`, where the writer runs by the hour.
namespace weir::jobs {

class RowDays {
 public:
  explicit RowDays(const std::string& time_zone);

  // When the rows of a file lie, by its partition values or statistics; kAllOfTime if they don't
  // say so.
  Interval RangeOf(const lake::AddFile& file, const lake::Metadata& metadata) const;

  // Whether the file is of a partition whose day is none: null, or a text that is no date.
  static bool HasNoDay(const lake::AddFile& file, const lake::Metadata& metadata);

  // The end of the newest of the days that a table's files say; nothing if none says one.
  std::optional<Micros> NewestEnd(const lake::Snapshot& table) const;

  // The column that says on which day rows lie; null if none does.
  static const Field* ColumnIn(const Schema& schema);
  static bool KnownIn(const Schema& schema) { return ColumnIn(schema) != nullptr; }

  // A condition, in SQL over a table's columns, for rows that lie in `window`; "true" for all.
  std::string Condition(const Schema& schema, const Interval& window) const;

 private:
  Interval DayOf(const Constant& value) const;  // kAllOfTime if it is no day

  Schedule days_;
  Schedule hours_;
};

}  // namespace weir::jobs
