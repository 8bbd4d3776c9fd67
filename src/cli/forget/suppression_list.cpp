#include "cli/forget/suppression_list.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/run_id.h"
#include "cli/forget/text_stream.h"
#include "enrich/suppressed_ids.h"
#include "lake/scan.h"
#include "lake/scratch_table.h"
#include "lake/write_table.h"
#include "operators/ingest/user_key.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kSuppressedIds = "metastore.suppressed_ids";
// A SELECT of the ids' hashes as column `hash`.
std::string HashesSql(sql::Connection& connection, const std::vector<PersonId>& ids,
                      const std::string& salt) {
  std::vector<std::vector<std::string>> rows;
  for (const PersonId& id : ids) {
    rows.push_back({ToHex(enrich::SuppressedIds::HashId(salt, id.party, id.user_id))});
  }
  return TextStreamSql(connection, {"hash"}, rows);
}

}  // namespace

std::int64_t SuppressIds(lake::Warehouse& warehouse, const std::vector<PersonId>& ids,
                         const std::string& salt) {
  const lake::TableFolder folder = warehouse.FolderOf(kSuppressedIds);
  const lake::Snapshot snapshot = warehouse.Open(folder);
  sql::Connection& connection = warehouse.connection();
  const std::string epoch = sql::QuoteText(operators::UserKeys(salt).epoch());
  std::string select =
      fmt::format("SELECT hash, {} AS key_epoch, {} AS forgotten FROM ({}) AS asked", epoch,
                  sql::QuoteText(FormatDate(static_cast<std::int32_t>(FloorDivide(Now(), kDay)))),
                  HashesSql(connection, ids, salt));
  if (snapshot.exists()) {
    select += fmt::format(
        " WHERE NOT EXISTS (SELECT 1 FROM ({}) AS known WHERE known.hash = asked.hash"
        " AND known.key_epoch = {})",
        lake::ScanSql(folder, snapshot), epoch);
  }
  const lake::ScratchTable rows(connection, select + " ORDER BY hash");
  if (rows.num_rows() > 0) {
    lake::CommitInfo origin;
    origin.run_id = NewRunId();
    origin.job = "forget";
    const lake::WriteRequest request{
        .select = "SELECT * FROM " + rows.name(), .sort_by = {"hash"}, .origin = origin};
    lake::CommitPlanned(
        warehouse, {.folder = folder, .snapshot = snapshot},
        lake::PlanWrite(warehouse, {.folder = folder, .snapshot = snapshot}, request));
  }
  return rows.num_rows();
}

}  // namespace weir::cli
