#include "cli/dsp_parties.h"

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

namespace weir::cli {

std::map<std::string, std::string> DspParties(const project::Project& project) {
  std::map<std::string, std::string> parties;
  const auto dsps = project.variables.find("dsps");
  std::string_view rest = dsps == project.variables.end() ? std::string_view() : dsps->second;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view pair = rest.substr(0, end);
    if (const std::size_t equals = pair.find('='); equals != std::string_view::npos) {
      parties.emplace(Trimmed(pair.substr(0, equals)), Trimmed(pair.substr(equals + 1)));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parties;
}

}  // namespace weir::cli
