#pragma once

#include <string_view>

#include "enrich/host_domains.h"
#include "enrich/url.h"

namespace weir::enrich {

// The registrable domains of referrers. Not thread-safe: one per thread.
class ReferrerDomains {
 public:
  // `hosts` must outlive it.
  explicit ReferrerDomains(HostDomains& hosts);

  // Empty if `referrer` is no http(s) URL. Lives as long as `referrer`, until the next call.
  std::string_view Find(std::string_view referrer);

 private:
  HostDomains& hosts_;
  UrlParser parser_;
};

}  // namespace weir::enrich
