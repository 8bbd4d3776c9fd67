#include "cli/forget/suppression_list.h"

#include <fmt/format.h>

#include "cli/forget/growing_list.h"
#include "cli/forget/text_stream.h"
#include "enrich/suppressed_ids.h"
#include "operators/ingest/user_key.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

// A SELECT of the ids' hashes as column `hash`.
std::string HashesSql(sql::Connection& connection, const std::vector<PersonId>& ids,
                      const std::string& salt) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(ids.size());
  for (const PersonId& id : ids) {
    rows.push_back({ToHex(enrich::SuppressedIds::HashId(salt, id.party, id.user_id))});
  }
  return TextStreamSql(connection, {"hash"}, rows);
}

ListRows SuppressedRows(sql::Connection& connection, const std::vector<PersonId>& ids,
                        const std::string& salt) {
  return {.table = "metastore.suppressed_ids",
          .select = fmt::format("SELECT hash, {} AS key_epoch FROM ({})",
                                sql::QuoteText(operators::UserKeys(salt).epoch()),
                                HashesSql(connection, ids, salt)),
          .keys = {"hash", "key_epoch"},
          .sort_by = {"hash"}};
}

}  // namespace

std::int64_t SuppressIds(lake::Warehouse& warehouse, const std::vector<PersonId>& ids,
                         const std::string& salt) {
  return AppendNewRows(warehouse, SuppressedRows(warehouse.connection(), ids, salt));
}

std::int64_t CountUnsuppressed(lake::Warehouse& warehouse, const std::vector<PersonId>& ids,
                               const std::string& salt) {
  return CountNewRows(warehouse, SuppressedRows(warehouse.connection(), ids, salt));
}

}  // namespace weir::cli
