#include "connectors/secor/secor_path.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"

namespace weir::connectors {
namespace {

std::vector<std::string> ElementsOf(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

[[noreturn]] void RefusePath(std::string_view path, std::string_view what) {
  throw UserError(
      "{}: {}; allowed is TOPIC/PARTITION/…/GENERATION_KAFKAPARTITION_OFFSET, such as "
      "clicks/dt=2026-01-05/10_0_00000000000000000100.gz",
      path, what);
}

std::int64_t WholeNumberOf(std::string_view text, const char* name, std::string_view path) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    RefusePath(path, fmt::format("the {} '{}' is no number", name, text));
  }
  return number;
}

// A folder that has files or says that it is whole.
struct Period {
  Micros start = 0;
  Micros length = 0;
  bool is_whole = false;

  Micros end() const { return start + length; }
};

// "dt=2026-01-05/hr=07/": when that begins, and how long it is. Absent for other folders.
std::optional<Period> PeriodOf(std::string_view folder) {
  std::vector<std::string> parts = ElementsOf(folder, '/');
  parts.pop_back();  // behind the last '/'
  constexpr std::size_t kMostParts = 3;
  if (parts.empty() || parts.size() > kMostParts) {
    return std::nullopt;
  }
  const auto day = parts[0].starts_with("dt=") ? ParseDate(parts[0].substr(3)) : std::nullopt;
  if (!day) {
    return std::nullopt;
  }
  Period period{.start = *day * kDay, .length = kDay};
  for (const auto depth : {SecorDepth::kHour, SecorDepth::kMinute}) {
    const auto level = static_cast<std::size_t>(depth);
    if (parts.size() > level) {
      const Micros unit = SecorLength(depth);
      const std::string_view number =
          std::string_view(parts[level])
              .substr(std::min(parts[level].find('=') + 1, parts[level].size()));
      int value = -1;
      std::from_chars(number.data(), number.data() + number.size(), value);
      period.start += value * unit;
      period.length = unit;
      if (SecorPartitions(period.start, depth)[level] != parts[level]) {
        return std::nullopt;
      }
    }
  }
  return period;
}

// Those of a topic, the oldest first.
std::vector<Period> PeriodsOf(const std::vector<std::string>& paths) {
  std::map<std::string, bool> folders;  // whether each is whole
  for (const std::string& path : paths) {
    const std::size_t begin = path.rfind('/') + 1;
    const bool is_mark = path.substr(begin) == kSecorMark;
    const bool is_file = path[begin] != '_' && path[begin] != '.';
    if (is_mark || is_file) {
      bool& is_whole = folders[path.substr(0, begin)];
      is_whole = is_whole || is_mark;
    }
  }
  std::vector<Period> periods;
  for (const auto& [folder, is_whole] : folders) {
    if (auto period = PeriodOf(folder)) {
      period->is_whole = is_whole;
      periods.push_back(*period);
    }
  }
  std::ranges::sort(periods, {}, &Period::start);
  return periods;
}

}  // namespace

std::optional<Micros> SecorCompleteUntil(const std::vector<std::string>& paths) {
  const std::vector<Period> periods = PeriodsOf(paths);
  if (periods.empty()) {
    return std::nullopt;
  }
  const Period* newest = nullptr;
  for (const Period& period : periods) {
    if (period.is_whole && (newest == nullptr || period.end() > newest->end())) {
      newest = &period;
    }
  }
  if (newest == nullptr) {
    return periods.front().start;
  }
  for (const Period& period : periods) {
    const bool is_near = period.start >= newest->start - kSecorPeriodsBack * newest->length;
    if (is_near && !period.is_whole) {
      return std::min(period.start, newest->end());
    }
  }
  return newest->end();
}

std::string SecorPath::ToText() const {
  const std::string who = last_kafka_partition
                              ? fmt::format("{}-{}", kafka_partition, *last_kafka_partition)
                              : std::to_string(kafka_partition);
  const std::string from = last_kafka_partition ? hash : fmt::format("{:020}", first_offset);
  return fmt::format("{}/{}/{}_{}_{}{}", topic, fmt::join(partitions, "/"), generation, who, from,
                     extension);
}

SecorPath ParseSecorPath(std::string_view path) {
  constexpr std::size_t kLeastElements = 3;
  std::vector<std::string> elements = ElementsOf(path, '/');
  if (elements.size() < kLeastElements) {
    RefusePath(path, fmt::format("it has {} parts, not 3 or more", elements.size()));
  }
  const std::string name = elements.back();
  elements.pop_back();
  SecorPath parsed{.topic = elements.front()};
  parsed.partitions.assign(elements.begin() + 1, elements.end());
  const std::size_t dot = std::min(name.find('.'), name.size());
  parsed.extension = name.substr(dot);
  const auto [generation, rest] = [&] {
    const std::size_t at = std::min(name.find('_'), dot);
    return std::pair(name.substr(0, at),
                     name.substr(std::min(at + 1, dot), dot - std::min(at + 1, dot)));
  }();
  const std::size_t at = rest.find('_');
  const std::string who = rest.substr(0, at);
  const std::string from = at == std::string::npos ? "" : rest.substr(at + 1);
  const std::size_t hyphen = who.find('-');
  // The hash is base64url, which knows '_'.
  if (at == std::string::npos ||
      (hyphen == std::string::npos && from.find('_') != std::string::npos)) {
    RefusePath(path, fmt::format("'{}' has not 3 parts with '_' between", name.substr(0, dot)));
  }
  parsed.generation = WholeNumberOf(generation, "generation", path);
  parsed.kafka_partition = WholeNumberOf(who.substr(0, hyphen), "partition", path);
  if (hyphen == std::string::npos) {
    parsed.first_offset = WholeNumberOf(from, "offset", path);
  } else {
    parsed.last_kafka_partition = WholeNumberOf(who.substr(hyphen + 1), "partition", path);
    parsed.hash = from;
  }
  return parsed;
}

Micros SecorLength(SecorDepth depth) {
  constexpr std::array<Micros, 3> kLengths = {kDay, kHour, kMinute};
  return kLengths.at(static_cast<std::size_t>(depth));
}

std::vector<std::string> SecorPartitions(Micros time, SecorDepth depth) {
  constexpr std::int64_t kHours = 24;
  constexpr std::int64_t kMinutes = 60;
  std::vector<std::string> parts = {"dt=" +
                                    FormatDate(static_cast<std::int32_t>(FloorDivide(time, kDay)))};
  if (depth != SecorDepth::kDay) {
    const std::int64_t hour = FloorDivide(time, kHour);
    parts.push_back(fmt::format("hr={:02}", hour - FloorDivide(hour, kHours) * kHours));
  }
  if (depth == SecorDepth::kMinute) {
    const std::int64_t minute = FloorDivide(time, kMinute);
    parts.push_back(fmt::format("min={:02}", minute - FloorDivide(minute, kMinutes) * kMinutes));
  }
  return parts;
}

}  // namespace weir::connectors
