#include "connectors/collector/consent_judge.h"

#include <utility>

#include "enrich/ip_address.h"

namespace weir::connectors {

ConsentJudge::ConsentJudge(const std::filesystem::path& places, enrich::ConsentRules rules)
    : database_(places), lookup_(database_), reader_(std::move(rules)) {}

bool ConsentJudge::Allows(std::string_view address, std::string_view tc_string) {
  const std::lock_guard lock(mutex_);
  const auto parsed = enrich::ParseIp(address);
  const std::string_view country =
      parsed ? std::string_view(lookup_.Find(*parsed).country) : std::string_view();
  return !enrich::NeedsConsent(country) || reader_.Grants(tc_string);
}

}  // namespace weir::connectors
