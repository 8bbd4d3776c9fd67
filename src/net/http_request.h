#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace weir::net {

struct HttpRequest {
  std::string method = "GET";
  std::string url;                               // http or https
  std::vector<std::string> headers{};            // "Name: value"
  std::string body{};                            // sent unless the method is GET
  std::chrono::milliseconds time_limit{60'000};  // for all of it
};

struct HttpAnswer {
  long status = 0;
  std::string body;  // its first 64 MiB
};

// Sends a request and waits for the answer, whatever its status; redirects aren't followed. Throws
// ExternalError if there is none within the time limit. May be called from any thread.
HttpAnswer Ask(const HttpRequest& request);

}  // namespace weir::net
