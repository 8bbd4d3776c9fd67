#include "net/http_request.h"

#include "net/transfer.h"

namespace weir::net {

HttpAnswer Ask(const HttpRequest& request) {
  constexpr std::size_t kMostOfBody = std::size_t{64} << 20U;
  Transfer transfer({.url = request.url,
                     .protocols = "http,https",
                     .time_limit = request.time_limit,
                     .most_of_answer = kMostOfBody});
  TextList headers;
  for (const std::string& header : request.headers) {
    headers.Add(header);
  }
  transfer.Set(CURLOPT_HTTPHEADER, headers.get());
  if (request.method != "GET") {
    transfer.Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    transfer.Set(CURLOPT_POSTFIELDS, request.body.c_str());
    transfer.Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  transfer.Run();
  return {.status = transfer.status(), .body = transfer.answer()};
}

}  // namespace weir::net
