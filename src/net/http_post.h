#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace weir::net {

struct HttpPost {
  std::string url;                     // http or https
  std::vector<std::string> headers{};  // "Name: value"
  std::string body;
  std::chrono::milliseconds time_limit{10'000};  // for all of it
};

// Sends a POST and waits for the answer; redirects aren't followed. Throws ExternalError if there
// is none within the time limit, or one with another status than 2xx, with the begin of its text.
// May be called from any thread.
void Post(const HttpPost& request);

}  // namespace weir::net
