#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::enrich {

// A line of a web server's log in the combined format, its texts as they are in the line but for
// \" and \\, which are decoded. '-' is empty.
struct AccessLogLine {
  std::string_view host;  // of the client
  std::string_view user;
  std::string_view time;
  std::string request;  // "GET /path HTTP/1.1"
  std::string referrer;
  std::string user_agent;

  // The second word of the request; empty if there is none.
  std::string_view target() const;
};

// Sets `parsed`. The name of the first part that is missing or malformed; empty if all are there.
std::string_view ReadAccessLogLine(std::string_view line, AccessLogLine& parsed);

}  // namespace weir::enrich
