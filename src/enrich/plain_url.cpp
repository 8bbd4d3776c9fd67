#include "enrich/plain_url.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace weir::enrich {
namespace {

constexpr std::uint8_t kHostCharacter = 1;
constexpr std::uint8_t kPathCharacter = 2;   // neither encoded nor of a dot segment by itself
constexpr std::uint8_t kQueryCharacter = 4;  // not encoded

constexpr std::array<std::uint8_t, 256> kKinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  const auto add = [&](std::string_view characters, std::uint8_t kind) {
    for (const char character : characters) {
      kinds.at(static_cast<unsigned char>(character)) |= kind;
    }
  };
  add("abcdefghijklmnopqrstuvwxyz0123456789-.", kHostCharacter | kPathCharacter | kQueryCharacter);
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZ_~!$&()*+,;=:@/%", kPathCharacter | kQueryCharacter);
  add("?", kQueryCharacter);
  return kinds;
}();

// Where the characters of a kind end that stand at `start` and behind it.
std::size_t EndOf(std::string_view text, std::size_t start, std::uint8_t kind) {
  while (start < text.size() && (kKinds[static_cast<unsigned char>(text[start])] & kind) != 0) {
    ++start;
  }
  return start;
}

// Whether a segment might be "." or "..", each of which may be written %2e.
bool MayHaveDotSegment(std::string_view path) {
  return path.find("/.") != std::string_view::npos || path.find("%2") != std::string_view::npos;
}

// Behind http:// or https://; 0 if `url` begins with neither.
std::size_t HostStart(std::string_view url) {
  return url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
}

// Whether the last label might make the host an IPv4 address.
bool EndsInNumber(std::string_view host) {
  const char first = host[host.rfind('.') + 1];  // npos + 1 is 0
  return first >= '0' && first <= '9';
}

bool IsPlainHost(std::string_view host) {
  return !host.empty() && !EndsInNumber(host) && host.find("xn--") == std::string_view::npos;
}

}  // namespace

std::string_view PlainHost(std::string_view url) {
  const std::size_t start = HostStart(url);
  if (start == 0) {
    return {};
  }
  const std::size_t end = EndOf(url, start, kHostCharacter);
  const bool is_whole = end == url.size() || url[end] == '/' || url[end] == '?' || url[end] == '#';
  std::string_view host = url.substr(start, end - start);
  while (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  return is_whole && IsPlainHost(host) ? host : std::string_view();
}

std::optional<ParsedUrl> ReadPlainUrl(std::string_view text) {
  const std::size_t host_start = HostStart(text);
  const std::size_t host_end = EndOf(text, host_start, kHostCharacter);
  const std::string_view host = text.substr(host_start, host_end - host_start);
  const bool is_host_plain = host_start > 0 && host_end < text.size() && text[host_end] == '/' &&
                             !host.ends_with('.') && IsPlainHost(host);
  if (!is_host_plain) {
    return std::nullopt;
  }
  const std::size_t path_end = EndOf(text, host_end, kPathCharacter);
  ParsedUrl url{.normalised = text,
                .host = host,
                .path = text.substr(host_end, path_end - host_end),
                .query = {}};
  std::size_t end = path_end;
  if (end < text.size() && text[end] == '?') {
    end = EndOf(text, path_end + 1, kQueryCharacter);
    url.query = text.substr(path_end + 1, end - path_end - 1);
  }
  return end == text.size() && !MayHaveDotSegment(url.path) ? std::optional(url) : std::nullopt;
}

}  // namespace weir::enrich
