#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "net/http_request.h"

namespace weir::net {

class Transfer;

// Asks servers and keeps the connections to them for the next request. Thread-safe: as many
// connections as threads that ask at once.
class HttpClient {
 public:
  HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  // As net::Ask().
  HttpAnswer Ask(const HttpRequest& request);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Transfer>> idle_;
};

}  // namespace weir::net
