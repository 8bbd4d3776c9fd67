#include "jobs/ledger/run_record.h"

#include <array>
#include <chrono>
#include <concepts>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/nearest_name.h"
#include "jobs/ledger/record_fields.h"
#include "jobs/ledger/record_reader.h"

namespace weir::jobs {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string>& StateNames() {
  static const std::vector<std::string> kNames = {"running", "succeeded", "failed", "cancelled"};
  return kNames;
}

// "20260105", "20260105T130000", "20260105T130000123456".
std::string CompactTime(Micros time) {
  std::string text = FormatTimestampMillis(time).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  const Micros fraction = (time % kSecond + kSecond) % kSecond;
  if (time % kDay == 0) {
    return text.substr(0, 8);
  }
  return fraction == 0 ? text : fmt::format("{}{:06}", text, fraction);
}

std::string CompactInterval(const Interval& interval) {
  const Micros length = interval.end - interval.start;
  if (length == 0) {
    return fmt::format("batch{:06}", interval.start);
  }
  if (length == kDay && interval.start % kDay == 0) {
    return CompactTime(interval.start);
  }
  if (length == kHour && interval.start % kHour == 0) {
    const std::string start = CompactTime(interval.start);
    return interval.start % kDay == 0 ? start + "T000000" : start;
  }
  return fmt::format("{}-{}", CompactTime(interval.start), CompactTime(interval.end));
}

// Texts and lists that are empty, flags that are off and numbers that aren't there are left out.
struct Writer {
  Json json = Json::object();

  void operator()(const char* name, const std::string& text) {
    if (!text.empty()) {
      json[name] = text;
    }
  }
  void operator()(const char* name, RunState state) { json[name] = ToText(state); }
  void operator()(const char* name, bool flag) {
    if (flag) {
      json[name] = true;
    }
  }
  template <typename Number>
    requires std::integral<Number> || std::floating_point<Number>
  void operator()(const char* name, Number number) {
    json[name] = number;
  }
  void operator()(const char* name, const std::optional<std::int64_t>& number) {
    if (number) {
      json[name] = *number;
    }
  }
  void operator()(const char* name, const std::vector<std::string>& texts) {
    if (!texts.empty()) {
      json[name] = texts;
    }
  }
  template <typename Record>
  void operator()(const char* name, const std::vector<Record>& records) {
    for (const Record& record : records) {
      Writer part;
      VisitFields(record, part);
      json[name].push_back(std::move(part.json));
    }
  }
  void operator()(const char* name, const ProcessIdentity& process) {
    Writer part;
    VisitFields(process, part);
    json[name] = std::move(part.json);
  }
};

}  // namespace

std::string RunKey::id() const {
  const std::string name = partition.empty() ? job : fmt::format("{}.{}", job, partition);
  return fmt::format("{}.{}.{}", name, CompactInterval(interval), generation);
}

std::string ToText(RunState state) { return StateNames().at(static_cast<std::size_t>(state)); }

RunState ParseRunState(std::string_view text) {
  for (std::size_t i = 0; i < StateNames().size(); ++i) {
    if (StateNames()[i] == text) {
      return static_cast<RunState>(i);
    }
  }
  throw UserError("'{}' is no state of a run; allowed: {}{}", text, fmt::join(StateNames(), ", "),
                  DidYouMean(text, StateNames()));
}

std::string ToJson(const RunRecord& record) {
  Writer writer;
  writer.json["format"] = kRecordFormat;
  writer.json["run"] = record.key.id();
  VisitFields(record, writer);
  return writer.json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

RunRecord ParseRunRecord(std::string_view text, const std::string& object) {
  return RecordReader().Read(text, object);
}

}  // namespace weir::jobs
