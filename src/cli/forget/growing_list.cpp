#include "cli/forget/growing_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/run_id.h"
#include "lake/scan.h"
#include "lake/scratch_table.h"
#include "lake/write_table.h"
#include "sql/quote.h"

namespace weir::cli {

std::int64_t AppendNewRows(lake::Warehouse& warehouse, const ListRows& rows) {
  const lake::TableFolder folder = warehouse.FolderOf(rows.table);
  const lake::TableAt at{.folder = folder, .snapshot = warehouse.Open(folder)};
  std::string select = fmt::format(
      "SELECT *, {} AS forgotten FROM ({}) AS asked",
      sql::QuoteText(FormatDate(static_cast<std::int32_t>(FloorDivide(Now(), kDay)))), rows.select);
  if (at.snapshot.exists()) {
    select += fmt::format(" ANTI JOIN ({}) AS known USING ({})", lake::ScanSql(folder, at.snapshot),
                          fmt::join(rows.keys, ", "));
  }
  const lake::ScratchTable added(warehouse.connection(), select);
  if (added.num_rows() > 0) {
    lake::CommitInfo origin;
    origin.run_id = NewRunId();
    origin.job = "forget";
    lake::CommitPlanned(warehouse, at,
                        lake::PlanWrite(warehouse, at,
                                        {.select = "SELECT * FROM " + added.name(),
                                         .sort_by = rows.sort_by,
                                         .origin = origin}));
  }
  return added.num_rows();
}

}  // namespace weir::cli
