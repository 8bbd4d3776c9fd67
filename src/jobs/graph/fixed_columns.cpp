#include "jobs/graph/fixed_columns.h"

#include <algorithm>

#include "data/schema.h"

namespace weir::jobs {

bool IsDayColumn(const std::string& column) {
  return column == kDayColumn || column == kOtherDayColumn;
}

bool IsFixedByRun(const project::Job& job, const project::Output& output,
                  const std::string& column) {
  const bool by_interval = IsDayColumn(column) || column == kHourColumn;
  return output.partition.contains(column) || (by_interval && !job.is_stream) || column == job.per;
}

std::string TypeOfFixedColumn(const project::Output& output, const std::string& column) {
  const auto declared = std::ranges::find_if(
      output.columns,
      [&](const project::ColumnContract& known) { return SameName(known.name, column); });
  if (declared != output.columns.end()) {
    return declared->type;
  }
  return column == kHourColumn ? "INTEGER" : "VARCHAR";
}

}  // namespace weir::jobs
