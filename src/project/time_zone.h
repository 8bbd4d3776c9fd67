#pragma once

#include <string>
#include <vector>

namespace weir::project {

// Whether the system's zone files (/usr/share/zoneinfo) have a zone of this IANA name. "UTC" is
// always there.
bool IsTimeZone(const std::string& name);

// All of them, sorted: for the nearest name of a message.
std::vector<std::string> TimeZones();

}  // namespace weir::project
