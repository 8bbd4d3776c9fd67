#include "world/server/platform_pages.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir::world {
namespace {

using Json = nlohmann::ordered_json;

// -1 for what is no number from 1.
std::int64_t CountIn(const net::ServerRequest& request, const char* name, std::int64_t standard) {
  if (!request.query.contains(name)) {
    return standard;
  }
  std::int64_t count = -1;
  const std::string text = request.Query(name);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() && count > 0 ? count : -1;
}

net::ServerAnswer Problem(int status, const std::string& text) {
  return {.status = status, .body = Json{{"error", text}}.dump()};
}

}  // namespace

net::ServerAnswer AnswerPlatform(const std::filesystem::path& folder,
                                 const net::ServerRequest& request) {
  constexpr std::int64_t kPage = 100;
  constexpr std::int64_t kMostOfPage = 1000;
  const std::string kind = request.path.substr(1);
  std::ifstream file(folder / (kind + ".json"));
  if (kind.find_first_of("/.") != std::string::npos || !file) {
    return Problem(404, fmt::format("there are no '{}'", kind));
  }
  const Json all = Json::parse(file, nullptr, false);
  const std::int64_t page = CountIn(request, "page", 1);
  const std::int64_t size = CountIn(request, "page_size", kPage);
  if (!all.is_array() || page < 0 || size < 0 || size > kMostOfPage) {
    return all.is_array() ? Problem(400, "page counts from 1, page_size is 1 to 1000")
                          : Problem(500, fmt::format("{}.json is no array", kind));
  }
  Json part = Json::array();
  const auto total = static_cast<std::int64_t>(all.size());
  if (page - 1 <= total / size) {  // a later one has none, and its number may be too large
    for (std::int64_t i = (page - 1) * size; i < std::min(total, page * size); ++i) {
      part.push_back(all.at(static_cast<std::size_t>(i)));
    }
  }
  return {.status = 200,
          .body = Json{{kind, part}, {"page", page}, {"page_size", size}, {"total", total}}.dump()};
}

}  // namespace weir::world
