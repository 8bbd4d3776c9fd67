#pragma once

#include <optional>
#include <string_view>

#include "enrich/url.h"

// URLs that can be read without a parser: those that the WHATWG URL Standard's leaves as they are.
namespace weir::enrich {

// The host of an http(s) URL, if it is lower-case letters, digits, hyphens and points alone, no
// punycode, and no number as the last label. Empty where that isn't so. Without a trailing dot.
std::string_view PlainHost(std::string_view url);

// The parts of an http(s) URL that has such a host, a path without dot segments, perhaps a query,
// and nothing that would be encoded; else nullopt. They are views into `text`.
std::optional<ParsedUrl> ReadPlainUrl(std::string_view text);

}  // namespace weir::enrich
