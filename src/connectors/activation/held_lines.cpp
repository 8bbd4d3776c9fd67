#include "connectors/activation/held_lines.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sql/quote.h"

namespace weir::connectors {

std::int64_t CountHeldLines(const DeliveryJournal& journal, const std::string& users,
                            sql::Connection& connection) {
  std::vector<std::string> parts;
  for (const Delivery& delivery : journal.Deliveries()) {
    parts.push_back(fmt::format(
        "SELECT member_id, dsp_segment_id, dsp_user_id, action, {} AS number FROM read_parquet({})",
        parts.size(), sql::QuoteText((journal.FolderOf(delivery) / "changes.parquet").string())));
  }
  return parts.empty() ? 0
                       : connection.QueryInteger(fmt::format(
                             "SELECT count(*) FROM (SELECT 1 FROM ({}) WHERE dsp_user_id IN "
                             "(SELECT user_id FROM ({})) GROUP BY member_id, dsp_segment_id, "
                             "dsp_user_id HAVING arg_max(action, number) <> 'removed')",
                             fmt::join(parts, " UNION ALL "), users));
}

}  // namespace weir::connectors
