#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/lookalikes/member_facts.h"
#include "lake/query.h"

namespace weir::cli {

// What a DSP was told of one of a person's ids and the segment.
struct MemberDelivery {
  std::string dsp;
  std::string dsp_user_id;
  std::int64_t dsp_segment_id = 0;
  std::string action;             // "sent", "renewed", "removed"
  std::int64_t delivered_at = 0;  // microseconds since 1970
  std::string file;
  std::string job_id;
};

// By time, up to the place's day; none where nothing was sent. Of the ids of the facts: those that
// the person has at DSPs, and those of its memberships.
std::vector<MemberDelivery> ReadMemberDeliveries(Services& services, lake::QuerySession& session,
                                                 const MemberPlace& place,
                                                 const MemberFacts& facts);

}  // namespace weir::cli
