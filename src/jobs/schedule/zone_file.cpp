#include "jobs/schedule/zone_file.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"

namespace weir::jobs {
namespace {

// Times beyond this (some files begin at the big bang) would overflow as microseconds.
constexpr std::int64_t kFarthest = 1LL << 42;

class ZoneReader {
 public:
  ZoneReader(std::string_view bytes, const std::string& name) : rest_(bytes), name_(name) {}

  std::vector<OffsetChange> Read(int last_year) {
    const char version = ReadBlock(4);
    if (version >= '2') {
      changes_.clear();
      ReadBlock(8);  // the same once more, with times of 64 bits
      ReadRule(last_year);
    }
    return std::move(changes_);
  }

 private:
  struct Counts {
    std::size_t utc_flags, standard_flags, leaps, times, types, characters;
  };

  std::string_view Bytes(std::size_t count) {
    if (rest_.size() < count) {
      throw UserError("the system's file of time zone '{}' is cut short", name_);
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::int64_t Integer(std::size_t size) {
    std::uint64_t value = 0;
    const std::string_view bytes = Bytes(size);
    for (const char byte : bytes) {
      value = value << 8U | static_cast<unsigned char>(byte);
    }
    return size == 8 ? static_cast<std::int64_t>(value)
                     : static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
  }

  std::size_t Count() { return static_cast<std::size_t>(Integer(4)); }

  // Reads a header and its data. Returns the version of the file.
  char ReadBlock(std::size_t time_size) {
    const std::string_view head = Bytes(20);
    if (!head.starts_with("TZif")) {
      throw UserError("the system's file of time zone '{}' is not one of time zones", name_);
    }
    Counts counts{};
    for (std::size_t* count : {&counts.utc_flags, &counts.standard_flags, &counts.leaps,
                               &counts.times, &counts.types, &counts.characters}) {
      *count = Count();
    }
    ReadChanges(counts, time_size);
    Bytes(counts.characters + counts.leaps * (time_size + 4) + counts.standard_flags +
          counts.utc_flags);
    return head[4];
  }

  void ReadChanges(const Counts& counts, std::size_t time_size) {
    std::vector<std::int64_t> times;
    while (times.size() < counts.times) {  // nothing is reserved: a damaged file may count anything
      times.push_back(std::clamp(Integer(time_size), -kFarthest, kFarthest));
    }
    const std::string_view indexes = Bytes(counts.times);
    std::vector<std::int64_t> offsets;
    for (std::size_t i = 0; i < counts.types; ++i) {
      offsets.push_back(Integer(4));
      Bytes(2);
    }
    if (offsets.empty()) {
      throw UserError("the system's file of time zone '{}' has no offsets", name_);
    }
    changes_.push_back({.time = -kFarthest, .offset = offsets.front()});
    for (std::size_t i = 0; i < times.size(); ++i) {
      const auto type = static_cast<unsigned char>(indexes[i]);
      changes_.push_back({.time = times[i], .offset = offsets.at(type)});
    }
  }

  void ReadRule(int last_year) {
    const auto end = rest_.size() < 2 ? std::string_view::npos : rest_.find('\n', 1);
    if (end == std::string_view::npos || end == 1) {
      return;
    }
    constexpr std::int64_t kDaySeconds = 86'400;
    const std::int64_t last_day = std::max<std::int64_t>(changes_.back().time, 0) / kDaySeconds;
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(last_day))};
    const int year = static_cast<int>(date.year());
    for (const OffsetChange& change : ExpandZoneRule(rest_.substr(1, end - 1), year, last_year)) {
      if (change.time > changes_.back().time) {
        changes_.push_back(change);
      }
    }
  }

  std::string_view rest_;
  const std::string& name_;
  std::vector<OffsetChange> changes_;
};

}  // namespace

std::vector<OffsetChange> ParseZoneFile(std::string_view bytes, const std::string& name,
                                        int last_year) {
  return ZoneReader(bytes, name).Read(last_year);
}

}  // namespace weir::jobs
