#pragma once

#include <string>
#include <string_view>

namespace weir::enrich {

// Sets `text` to a path with its %XX decoded, but for bytes that are no part of valid UTF-8: those
// stay as they are. The result is valid UTF-8 if `path` is ASCII.
void DecodePath(std::string_view path, std::string& text);

// Sets `text` to a host whose punycode labels (xn--…) are decoded to UTF-8; one that can't be
// decoded stays as it is.
void DecodeHost(std::string_view host, std::string& text);

// Decodes the code point that `text` begins with and returns its length in bytes, or 0 if the
// bytes are no valid UTF-8 (an empty text, an overlong form, a surrogate, beyond U+10FFFF).
std::size_t DecodeCodePoint(std::string_view text, char32_t& code_point);

// Appends a code point as UTF-8.
void AppendCodePoint(char32_t code_point, std::string& text);

}  // namespace weir::enrich
