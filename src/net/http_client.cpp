#include "net/http_client.h"

#include <utility>

#include "net/transfer.h"

namespace weir::net {
namespace {

TransferOptions OptionsOf(const HttpRequest& request) {
  return {.url = request.url,
          .protocols = "http,https",
          .time_limit = request.time_limit,
          .most_of_answer = request.most_of_body};
}

void SetMethod(Transfer& transfer, const HttpRequest& request) {
  if (request.method == "HEAD") {
    transfer.Set(CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    transfer.Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    transfer.Set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    transfer.Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void SetStallLimit(Transfer& transfer, std::chrono::seconds limit) {
  if (limit.count() > 0) {
    transfer.Set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(limit.count()));
    transfer.Set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    transfer.Set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(limit.count()));
  }
}

}  // namespace

HttpClient::HttpClient() = default;
HttpClient::~HttpClient() = default;

HttpAnswer HttpClient::Ask(const HttpRequest& request) {
  std::unique_ptr<Transfer> transfer;
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      transfer = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (transfer) {
    transfer->Begin(OptionsOf(request));
  } else {
    transfer = std::make_unique<Transfer>(OptionsOf(request));
  }
  TextList headers;
  headers.Add("Expect:");  // a server that doesn't know it costs a second a request
  for (const std::string& header : request.headers) {
    headers.Add(header);
  }
  transfer->Set(CURLOPT_HTTPHEADER, headers.get());
  transfer->Set(CURLOPT_PATH_AS_IS, 1L);
  SetMethod(*transfer, request);
  SetStallLimit(*transfer, request.stall_limit);
  transfer->Run();  // one that throws is not used again
  HttpAnswer answer{.status = transfer->status(),
                    .body = transfer->TakeAnswer(),
                    .headers = transfer->headers(),
                    .times_sent = transfer->times_sent()};
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(transfer));
  return answer;
}

}  // namespace weir::net
