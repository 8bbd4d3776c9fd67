#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/declared_settings.h"
#include "connectors/platform/platform_folder.h"

namespace weir::connectors {

// The settings of a connection of kind "platform".
std::vector<Setting> PlatformApiSettings();

// The platform by its API: GET <url>/<kind>?page=1&page_size=100 answers {"<kind>": […], "total"}.
// One thread.
class PlatformApi {
 public:
  // Throws UserError for settings that can't be.
  PlatformApi(const std::map<std::string, std::string>& settings, std::stop_token stop);

  // All pages of a kind. What fails or is too much for the server (429, 5xx) is asked again, as
  // often as the settings say, with growing pauses; then, and for other refusals, ExternalError,
  // without the token.
  std::vector<PlatformPage> Pages(std::string_view kind) const;

 private:
  // The answer's text; nothing if it's worth asking again, with the reason in `problem`.
  bool Ask(const std::string& url, std::string& text, std::string& problem) const;
  std::string AskAgain(const std::string& url) const;

  std::string url_;
  std::string token_;
  std::chrono::seconds time_limit_;
  std::int64_t retries_;
  std::int64_t page_size_;
  std::stop_token stop_;
};

}  // namespace weir::connectors
