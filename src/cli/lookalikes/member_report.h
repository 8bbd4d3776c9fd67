#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/lookalikes/absence.h"
#include "cli/lookalikes/asked_segment.h"
#include "cli/lookalikes/member_deliveries.h"
#include "cli/lookalikes/member_facts.h"
#include "cli/lookalikes/partition_commits.h"
#include "cli/print_json.h"

namespace weir::cli {

// All that `weir explain member` tells.
struct MemberReport {
  AskedSegment segment;
  MemberPlace place;
  AskedPerson person;
  MemberFacts facts;
  std::optional<Absence> absence;  // absent for a member
  std::vector<MemberDelivery> deliveries;
  std::vector<TableCommit> commits;
};

// All tokens, numbers with all their digits.
Json MemberJson(const MemberReport& report);

// The 20 strongest tokens.
std::string MemberText(const MemberReport& report);

}  // namespace weir::cli
