#include "enrich/region.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace weir::enrich {
namespace {

constexpr std::string_view kHeader = "country\tregion";

bool IsCountry(std::string_view text) {
  const auto is_capital = [](char letter) { return letter >= 'A' && letter <= 'Z'; };
  return text.size() == 2 && std::ranges::all_of(text, is_capital);
}

std::size_t IndexOf(std::string_view country) {
  return static_cast<std::size_t>(country[0] - 'A') * 26 +
         static_cast<std::size_t>(country[1] - 'A');
}

// Takes the first line off, without its end.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

Regions::Regions(std::string_view tsv, std::string_view file) {
  if (const std::string_view header = TakeLine(tsv); header != kHeader) {
    throw UserError("{}:1: the header is '{}'; expected 'country' and 'region' with a tab between",
                    file, header);
  }
  std::vector<bool> is_known(is_american_.size());
  for (int number = 2; !tsv.empty(); ++number) {
    const std::string_view line = TakeLine(tsv);
    const std::size_t tab = std::min(line.find('\t'), line.size());
    const std::string_view country = line.substr(0, tab);
    const std::string_view region = line.substr(std::min(tab + 1, line.size()));
    if (!IsCountry(country)) {
      throw UserError("{}:{}: country '{}' is not two capital letters (ISO 3166 alpha-2)", file,
                      number, country);
    }
    if (region != kAmericas && region != kRestOfTheWorld) {
      throw UserError("{}:{}: region '{}' of {} is unknown; allowed: {}, {}", file, number, region,
                      country, kAmericas, kRestOfTheWorld);
    }
    if (is_known[IndexOf(country)]) {
      throw UserError("{}:{}: country {} stands there twice", file, number, country);
    }
    is_known[IndexOf(country)] = true;
    is_american_.at(IndexOf(country)) = region == kAmericas;
  }
}

std::string_view Regions::Of(std::string_view country) const {
  return IsCountry(country) && is_american_.at(IndexOf(country)) ? kAmericas : kRestOfTheWorld;
}

}  // namespace weir::enrich
