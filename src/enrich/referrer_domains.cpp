#include "enrich/referrer_domains.h"

#include "enrich/plain_url.h"

namespace weir::enrich {

ReferrerDomains::ReferrerDomains(HostDomains& hosts) : hosts_(hosts) {}

std::string_view ReferrerDomains::Find(std::string_view referrer) {
  if (referrer.empty()) {
    return {};
  }
  std::string_view host = PlainHost(referrer);
  if (host.empty()) {
    const auto parsed = parser_.Parse(referrer);
    host = parsed ? parsed->host : std::string_view();
  }
  return host.empty() ? host : host.substr(hosts_.Find(host).domain);
}

}  // namespace weir::enrich
