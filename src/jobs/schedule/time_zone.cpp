#include "jobs/schedule/time_zone.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "base/nearest_name.h"
#include "jobs/schedule/zone_file.h"

namespace weir::jobs {
namespace {

namespace fs = std::filesystem;

constexpr Micros kForever = std::numeric_limits<Micros>::max() / 2;
constexpr Micros kMostOffset = 26 * kHour;  // no clock was ever so far from UTC
constexpr int kLastYear = 2500;

fs::path ZoneFolder() {
  const char* folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

// "Europe/Berlin", never a path that leads elsewhere.
bool IsPlainName(const std::string& name) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
  return !name.empty() && name.front() != '/' && name.back() != '/' &&
         name.find_first_not_of(kAllowed) == std::string::npos;
}

std::optional<std::string> ReadZone(const std::string& name) {
  if (!IsPlainName(name) || !fs::is_regular_file(ZoneFolder() / name)) {
    return std::nullopt;
  }
  std::ifstream file(ZoneFolder() / name, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return bytes.starts_with("TZif") ? std::optional(std::move(bytes)) : std::nullopt;
}

// For messages alone.
std::vector<std::string> KnownZones() {
  std::vector<std::string> names;
  std::error_code error;
  const fs::path folder = ZoneFolder();
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().lexically_relative(folder).string();
    if (name.starts_with("posix") || name.starts_with("right")) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && name.find('.') == std::string::npos) {
      names.push_back(name);
    }
  }
  std::ranges::sort(names);
  return names;
}

[[noreturn]] void FailUnknown(const std::string& name) {
  const std::vector<std::string> known = KnownZones();
  if (known.empty()) {
    throw UserError(
        "time zone '{}' can't be read: this system has no time zones but UTC; its package tzdata "
        "has them",
        name);
  }
  throw UserError("unknown time zone '{}'; allowed are IANA names, such as UTC or Europe/Berlin{}",
                  name, DidYouMean(name, known));
}

}  // namespace

TimeZone::TimeZone(const std::string& name) {
  if (name == "UTC") {
    spans_.push_back({.start = -kForever, .end = kForever, .offset = 0});
    return;
  }
  const auto bytes = ReadZone(name);
  if (!bytes) {
    FailUnknown(name);
  }
  for (const OffsetChange& change : ParseZoneFile(*bytes, name, kLastYear)) {
    const Micros offset = change.offset * kSecond;
    const Micros start = spans_.empty() ? -kForever : change.time * kSecond;
    if (spans_.empty() || (spans_.back().offset != offset && start > spans_.back().start)) {
      spans_.push_back({.start = start, .end = kForever, .offset = offset});
    }
  }
  for (std::size_t i = 1; i < spans_.size(); ++i) {
    spans_[i - 1].end = spans_[i].start;
  }
}

const TimeZone::Span& TimeZone::SpanAt(Micros utc) const {
  const auto after = std::ranges::upper_bound(spans_, utc, {}, &Span::start);
  return after == spans_.begin() ? spans_.front() : *std::prev(after);
}

Micros TimeZone::LocalOf(Micros utc) const { return utc + SpanAt(utc).offset; }

Micros TimeZone::FirstInstantOf(Micros local) const {
  // Spans that end so long before never show `local`.
  const Span* span = &SpanAt(local - kMostOffset);
  while (span != &spans_.back() && span->end + span->offset <= local) {
    ++span;
  }
  return std::max(span->start, local - span->offset);
}

}  // namespace weir::jobs
