#include "net/origin.h"

#include <memory>
#include <optional>

#include <curl/curl.h>

#include "base/ascii.h"

namespace weir::net {
namespace {

using CurlUrl = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
    return "";
  }
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
  return LowerCase(text);
}

// "https://api.example:443"; none: no URL.
std::optional<std::string> OriginOf(const std::string& text) {
  const CurlUrl url(curl_url(), &curl_url_cleanup);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  return PartOf(url.get(), CURLUPART_SCHEME) + "://" + PartOf(url.get(), CURLUPART_HOST) + ":" +
         PartOf(url.get(), CURLUPART_PORT);
}

}  // namespace

bool IsOfOneOrigin(const std::string& left, const std::string& right) {
  const std::optional<std::string> origin = OriginOf(left);
  return origin && origin == OriginOf(right);
}

}  // namespace weir::net
