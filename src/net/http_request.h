#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::net {

// No whole answer came: no connection, a time-out, one that was cut. What was asked for may have
// happened all the same.
class NoAnswerError : public ExternalError {
 public:
  using ExternalError::ExternalError;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;                               // http or https
  std::vector<std::string> headers{};            // "Name: value"
  std::string_view body{};                       // sent unless the method is GET or HEAD; borrowed
  std::chrono::milliseconds time_limit{60'000};  // for all of it
  std::chrono::seconds stall_limit{0};           // without any byte; 0: none but time_limit
  std::size_t most_of_body = std::size_t{64} << 20U;  // of the answer; what comes after is dropped
};

struct HttpAnswer {
  long status = 0;
  std::string body;
  std::map<std::string, std::string> headers{};  // names in lower case; of several the last
  // How often the request went out: libcurl sends one again by itself when a connection that was
  // kept breaks without an answer, and the first may have had its effect.
  int times_sent = 1;
};

// Sends a request and waits for the answer, whatever its status; redirects aren't followed. Throws
// NoAnswerError if there is none within the time limit. May be called from any thread.
HttpAnswer Ask(const HttpRequest& request);

}  // namespace weir::net
