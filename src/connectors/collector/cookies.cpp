#include "connectors/collector/cookies.h"

#include <fmt/format.h>

namespace weir::connectors {
namespace {

std::string_view WithoutBlanks(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::map<std::string, std::string> ParseCookies(std::string_view header) {
  std::map<std::string, std::string> cookies;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(';'), header.size());
    const std::string_view pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    if (const std::size_t equals = pair.find('='); equals != std::string_view::npos) {
      cookies.emplace(WithoutBlanks(pair.substr(0, equals)),
                      WithoutBlanks(pair.substr(equals + 1)));
    }
  }
  return cookies;
}

std::string SetCookie(std::string_view name, std::string_view value, const CookieRules& rules) {
  constexpr std::int64_t kSecondsOfDay = 86'400;
  return fmt::format("{}={}; Path=/; Max-Age={}{}; HttpOnly; SameSite={}{}", name, value,
                     rules.days * kSecondsOfDay,
                     rules.domain.empty() ? "" : "; Domain=" + rules.domain, rules.same_site,
                     rules.secure ? "; Secure" : "");
}

}  // namespace weir::connectors
