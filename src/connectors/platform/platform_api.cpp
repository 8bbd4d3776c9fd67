#include "connectors/platform/platform_api.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/error.h"
#include "connectors/activation/pace.h"
#include "net/http_request.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

constexpr long kAllRight = 200;
constexpr long kTooManyRequests = 429;
constexpr long kFirstOfServer = 500;

}  // namespace

std::vector<Setting> PlatformApiSettings() {
  return {{.name = "url", .required = true, .doc = "of the API: https://platform.example/api"},
          {.name = "token", .doc = "sent as a bearer token; a secret: '{secret.x}'"},
          {.name = "timeout",
           .type = SettingType::kInteger,
           .standard = 60,
           .least = 1,
           .doc = "seconds for one request"},
          {.name = "retries",
           .type = SettingType::kInteger,
           .standard = 4,
           .least = 0,
           .doc = "how often a request that fails is sent again"},
          {.name = "page_size",
           .type = SettingType::kInteger,
           .standard = 100,
           .least = 1,
           .most = 1000,
           .doc = "objects of a page"}};
}

PlatformApi::PlatformApi(const std::map<std::string, std::string>& settings, std::stop_token stop)
    : stop_(std::move(stop)) {
  const Json complete = CompleteSettings(PlatformApiSettings(), Json(settings));
  url_ = WithoutEndSlashes(complete.at("url").get_ref<const std::string&>());
  token_ = complete.value("token", "");
  time_limit_ = std::chrono::seconds(complete.at("timeout").get<std::int64_t>());
  retries_ = complete.at("retries");
  page_size_ = complete.at("page_size");
}

std::vector<PlatformPage> PlatformApi::Pages(std::string_view kind) const {
  std::vector<PlatformPage> pages;
  std::int64_t total = 0;
  for (std::int64_t page = 1; page == 1 || (page - 1) * page_size_ < total; ++page) {
    const std::string url = fmt::format("{}/{}?page={}&page_size={}", url_, kind, page, page_size_);
    const Json answer = Json::parse(AskAgain(url), nullptr, false);
    const bool is_page = answer.is_object() && answer.contains(kind) &&
                         answer.value("total", Json()).is_number_integer();
    if (!is_page) {
      throw ExternalError("{}: the answer is no page; an object with '{}' and 'total' is allowed",
                          url, kind);
    }
    total = answer.at("total");
    pages.push_back({.name = url, .text = answer.at(std::string(kind)).dump(1)});
  }
  return pages;
}

std::string PlatformApi::AskAgain(const std::string& url) const {
  std::string text;
  std::string problem;
  for (std::int64_t tries = 0; !Ask(url, text, problem); ++tries) {
    if (tries == retries_) {
      throw ExternalError("{}: {}", url, problem);
    }
    constexpr std::int64_t kFirstPause = 250;  // milliseconds; then twice as long each time
    constexpr std::int64_t kMostDoublings = 7;
    WaitOrStop(std::chrono::milliseconds(kFirstPause << std::min(tries, kMostDoublings)), stop_);
  }
  return text;
}

bool PlatformApi::Ask(const std::string& url, std::string& text, std::string& problem) const {
  net::HttpRequest request{.url = url, .time_limit = time_limit_};
  if (!token_.empty()) {
    request.headers.push_back("Authorization: Bearer " + token_);
  }
  net::HttpAnswer answer;
  try {
    answer = net::Ask(request);
  } catch (const ExternalError& error) {
    problem = error.what();
    return false;
  }
  if (answer.status == kAllRight) {
    text = std::move(answer.body);
    return true;
  }
  problem = fmt::format("the platform answered {}", answer.status);
  if (answer.status != kTooManyRequests && answer.status < kFirstOfServer) {
    throw ExternalError("{}: {}", url, problem);
  }
  return false;
}

}  // namespace weir::connectors
