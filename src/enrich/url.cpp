#include "enrich/url.h"

#include <algorithm>
#include <utility>

#include <ada.h>

#include "base/percent.h"
#include "enrich/plain_url.h"

namespace weir::enrich {

struct UrlParser::State {
  ada::url_aggregator url;  // owns the bytes that the views of the last result point to
};

UrlParser::UrlParser() : state_(std::make_unique<State>()) {}
UrlParser::UrlParser(UrlParser&&) noexcept = default;
UrlParser& UrlParser::operator=(UrlParser&&) noexcept = default;
UrlParser::~UrlParser() = default;

std::optional<ParsedUrl> UrlParser::Parse(std::string_view text) {
  if (const auto plain = ReadPlainUrl(text)) {
    return plain;
  }
  auto parsed = ada::parse<ada::url_aggregator>(text);
  if (!parsed || (parsed->type != ada::scheme::HTTP && parsed->type != ada::scheme::HTTPS)) {
    return std::nullopt;
  }
  state_->url = std::move(*parsed);
  const ada::url_aggregator& url = state_->url;
  ParsedUrl result{.normalised = url.get_href(),
                   .host = url.get_hostname(),
                   .path = url.get_pathname(),
                   .query = url.get_search()};
  while (result.host.ends_with('.')) {
    result.host.remove_suffix(1);
  }
  if (!result.query.empty()) {
    result.query.remove_prefix(1);
  }
  return result;
}

namespace {

// The key of one pair, as application/x-www-form-urlencoded means it.
std::string KeyOf(std::string_view pair) {
  std::string key(pair.substr(0, pair.find('=')));
  std::ranges::replace(key, '+', ' ');
  return PercentDecode(key);
}

}  // namespace

void KeepQueryKeys(std::string_view query, std::span<const std::string> keys, std::string& kept) {
  kept.clear();
  while (!keys.empty() && !query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!pair.empty() && std::ranges::find(keys, KeyOf(pair)) != keys.end()) {
      if (!kept.empty()) {
        kept += '&';
      }
      kept += pair;
    }
  }
}

std::string WithQuery(const ParsedUrl& url, std::string_view query) {
  const auto path_end =
      static_cast<std::size_t>(url.path.data() + url.path.size() - url.normalised.data());
  const std::size_t fragment = std::min(url.normalised.find('#'), url.normalised.size());
  std::string result(url.normalised.substr(0, path_end));
  if (!query.empty()) {
    result += '?';
    result += query;
  }
  result += url.normalised.substr(fragment);
  return result;
}

}  // namespace weir::enrich
