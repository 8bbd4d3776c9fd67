#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"

namespace weir::net {

struct Mail {
  std::string server;  // smtp://host:25, smtps://host:465; TLS by smtp:// where it is offered
  std::string user{};  // empty: no login
  std::string password{};
  std::string from;  // an address: "weir@example.org"
  std::vector<std::string> to;
  std::string subject;     // other letters than ASCII's become '?'
  std::string text;        // UTF-8, lines end in '\n'
  std::string identity{};  // what its Message-ID is made of, so that the same mail has the same
  Micros sent = 0;
  std::chrono::milliseconds time_limit{30'000};  // for all of it
};

// Hands a plain text mail to a mail server. Throws ExternalError if the server can't be reached in
// time or refuses, with its answer. May be called from any thread.
void SendMail(const Mail& mail);

// The message as it is sent: headers and text, lines ending in "\r\n".
std::string MessageOf(const Mail& mail);

}  // namespace weir::net
