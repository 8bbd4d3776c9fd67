#include "project/time_zone.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace weir::project {
namespace {

namespace fs = std::filesystem;

const fs::path& ZoneFolder() {
  static const fs::path kFolder = "/usr/share/zoneinfo";
  return kFolder;
}

bool IsZoneFile(const fs::path& path) {
  constexpr std::string_view kMagic = "TZif";
  std::string begin(kMagic.size(), '\0');
  std::error_code problem;
  if (!fs::is_regular_file(path, problem)) {
    return false;
  }
  std::ifstream(path, std::ios::binary).read(begin.data(), static_cast<std::streamsize>(4));
  return begin == kMagic;
}

bool IsPlain(const std::string& name) {
  const auto is_letter = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') ||
           std::string_view("_+-/").find(letter) != std::string_view::npos;
  };
  return !name.empty() && name.front() != '/' && std::ranges::all_of(name, is_letter);
}

}  // namespace

bool IsTimeZone(const std::string& name) {
  return name == "UTC" || (IsPlain(name) && IsZoneFile(ZoneFolder() / name));
}

std::vector<std::string> TimeZones() {
  std::vector<std::string> zones = {"UTC"};
  std::error_code problem;
  for (fs::recursive_directory_iterator entry(ZoneFolder(), problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const std::string name = entry->path().lexically_relative(ZoneFolder()).string();
    if (name == "posix" || name == "right") {
      entry.disable_recursion_pending();
    } else if (IsZoneFile(entry->path())) {
      zones.push_back(name);
    }
  }
  std::ranges::sort(zones);
  const auto repeated = std::ranges::unique(zones);
  zones.erase(repeated.begin(), repeated.end());
  return zones;
}

}  // namespace weir::project
