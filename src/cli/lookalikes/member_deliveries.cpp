#include "cli/lookalikes/member_deliveries.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/lookalikes/result_cells.h"
#include "cli/tables_to_read.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kDeliveries = "metastore.segment_deliveries";

std::string QuotedIds(const MemberFacts& facts) {
  std::vector<std::string> names{"''"};
  for (const PersonId& id : facts.dsp_ids) {
    names.push_back(sql::QuoteText(id.user_id));
  }
  for (const Membership& member : facts.memberships) {
    names.push_back(sql::QuoteText(member.dsp_user_id));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::vector<MemberDelivery> ReadMemberDeliveries(Services& services, lake::QuerySession& session,
                                                 const MemberPlace& place,
                                                 const MemberFacts& facts) {
  if (!IsTableToRead(services, kDeliveries)) {
    return {};
  }
  std::vector<MemberDelivery> deliveries;
  for (const ResultRow& row :
       session
           .Run(
               fmt::format("SELECT dsp, dsp_user_id, dsp_segment_id, action, "
                           "epoch_us(delivered_at), file, job_id FROM {} WHERE segment_id = {} AND "
                           "ds <= {} AND dsp_user_id IN ({}) ORDER BY 5, 1, 2, 3, 6",
                           kDeliveries, place.segment, sql::QuoteText(place.day), QuotedIds(facts)))
           .Rows()) {
    deliveries.push_back({.dsp = TextAt(row, 0),
                          .dsp_user_id = TextAt(row, 1),
                          .dsp_segment_id = WholeAt(row, 2),
                          .action = TextAt(row, 3),
                          .delivered_at = WholeAt(row, 4),
                          .file = TextAt(row, 5),
                          .job_id = TextAt(row, 6)});
  }
  return deliveries;
}

}  // namespace weir::cli
