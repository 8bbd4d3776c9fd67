#include "enrich/word_text.h"

#include <algorithm>

#include <ada.h>
#include <utf8proc.h>

namespace weir::enrich {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that `text` encodes at `at`, or -1.
int EncodedByte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') {
    return -1;
  }
  const int high = HexDigit(text[at + 1]);
  const int low = HexDigit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// The code point of up to four bytes encoded from `at` on; its length in encoded bytes, or 0.
std::size_t EncodedCodePoint(std::string_view path, std::size_t at, char32_t& code_point) {
  char bytes[4];
  std::size_t num_bytes = 0;
  for (; num_bytes < 4; ++num_bytes) {
    const int byte = EncodedByte(path, at + 3 * num_bytes);
    if (byte < 0) {
      break;
    }
    bytes[num_bytes] = static_cast<char>(byte);
  }
  return DecodeCodePoint({bytes, num_bytes}, code_point);
}

}  // namespace

std::size_t DecodeCodePoint(std::string_view text, char32_t& code_point) {
  if (text.empty()) {
    return 0;
  }
  utf8proc_int32_t decoded = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size = static_cast<utf8proc_ssize_t>(std::min<std::size_t>(text.size(), 4));
  const utf8proc_ssize_t used = utf8proc_iterate(bytes, size, &decoded);
  code_point = static_cast<char32_t>(decoded);
  return used > 0 ? static_cast<std::size_t>(used) : 0;
}

void AppendCodePoint(char32_t code_point, std::string& text) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t size =
      utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

void DecodePath(std::string_view path, std::string& text) {
  text.clear();
  std::size_t at = 0;
  while (at < path.size()) {
    char32_t code_point = 0;
    const std::size_t num_bytes = path[at] == '%' ? EncodedCodePoint(path, at, code_point) : 0;
    if (num_bytes == 0) {
      text += path[at++];
    } else {
      AppendCodePoint(code_point, text);
      at += 3 * num_bytes;
    }
  }
}

namespace {

// The text of a punycode label without its xn--, or nothing if it has none.
std::string DecodeLabel(std::string_view punycode) {
  std::u32string code_points;
  std::string text;
  if (!ada::idna::punycode_to_utf32(punycode, code_points)) {
    return text;
  }
  for (const char32_t code_point : code_points) {
    if (!utf8proc_codepoint_valid(static_cast<utf8proc_int32_t>(code_point))) {
      return "";
    }
    AppendCodePoint(code_point, text);
  }
  return text;
}

}  // namespace

void DecodeHost(std::string_view host, std::string& text) {
  text.clear();
  while (!host.empty()) {
    const std::size_t end = std::min(host.find('.'), host.size());
    const std::string_view label = host.substr(0, end);
    const std::string decoded = label.starts_with("xn--") ? DecodeLabel(label.substr(4)) : "";
    text += decoded.empty() ? label : decoded;
    text += '.';
    host.remove_prefix(std::min(end + 1, host.size()));
  }
}

}  // namespace weir::enrich
