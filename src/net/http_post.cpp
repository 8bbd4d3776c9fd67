#include "net/http_post.h"

#include <fmt/format.h>

#include "base/error.h"
#include "net/transfer.h"

namespace weir::net {

void Post(const HttpPost& request) {
  Transfer transfer(
      {.url = request.url, .protocols = "http,https", .time_limit = request.time_limit});
  TextList headers;
  for (const std::string& header : request.headers) {
    headers.Add(header);
  }
  transfer.Set(CURLOPT_HTTPHEADER, headers.get());
  transfer.Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  transfer.Set(CURLOPT_POSTFIELDS, request.body.c_str());
  transfer.Run();
  constexpr long kFirstGood = 200;
  constexpr long kLastGood = 299;
  if (transfer.status() < kFirstGood || transfer.status() > kLastGood) {
    throw ExternalError("{} answered {}: {}", request.url, transfer.status(), transfer.answer());
  }
}

}  // namespace weir::net
