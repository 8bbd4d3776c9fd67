#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::enrich {

// An absolute http or https URL as the WHATWG URL Standard serialises it, and parts of that text.
struct ParsedUrl {
  std::string_view normalised;  // the whole: scheme, credentials, host, port, path, query, fragment
  std::string_view host;        // ASCII, lower-case, no port, no trailing dot; IPv6 in brackets
  std::string_view path;        // starts with '/'; percent-encoded ASCII
  std::string_view query;       // without '?'; empty if there is none
};

// Parses URLs. Not thread-safe: one object a thread.
class UrlParser {
 public:
  UrlParser();
  UrlParser(UrlParser&&) noexcept;
  UrlParser& operator=(UrlParser&&) noexcept;
  ~UrlParser();

  // nullopt if `text`, after the standard's trimming and repairs, is no absolute URL of http or
  // https. Its views are valid until the next call, as long as `text`.
  std::optional<ParsedUrl> Parse(std::string_view text);

 private:
  struct State;  // keeps ada's header out of this one
  std::unique_ptr<State> state_;
};

// Sets `kept` to the pairs of `query` (key=value, joined by '&') whose key is one of `keys`: the
// pairs' bytes and order stay as they are. A key is compared as URLSearchParams reads it: '+' is a
// space, %XX is decoded.
void KeepQueryKeys(std::string_view query, std::span<const std::string> keys, std::string& kept);

// `url` with `query` in place of its own; an empty one takes the '?' along.
std::string WithQuery(const ParsedUrl& url, std::string_view query);

}  // namespace weir::enrich
