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
namespace {

std::string NewRowsSql(const lake::TableAt& at, const ListRows& rows) {
  std::string select = fmt::format(
      "SELECT *, {} AS forgotten FROM ({}) AS asked",
      sql::QuoteText(FormatDate(static_cast<std::int32_t>(FloorDivide(Now(), kDay)))), rows.select);
  if (at.snapshot.exists()) {
    select += fmt::format(" ANTI JOIN ({}) AS known USING ({})",
                          lake::ScanSql(at.folder, at.snapshot), fmt::join(rows.keys, ", "));
  }
  return select;
}

}  // namespace

std::int64_t CountNewRows(lake::Warehouse& warehouse, const ListRows& rows) {
  const lake::TableFolder folder = warehouse.FolderOf(rows.table);
  const lake::TableAt at{.folder = folder, .snapshot = warehouse.Open(folder)};
  return warehouse.connection().QueryInteger(
      fmt::format("SELECT count(*) FROM ({})", NewRowsSql(at, rows)));
}

std::int64_t AppendNewRows(lake::Warehouse& warehouse, const ListRows& rows) {
  const lake::TableFolder folder = warehouse.FolderOf(rows.table);
  const lake::TableAt at{.folder = folder, .snapshot = warehouse.Open(folder)};
  const lake::ScratchTable added(warehouse.connection(), NewRowsSql(at, rows));
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
