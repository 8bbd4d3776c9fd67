#include "project/cron_line.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"
#include "project/yaml_value.h"

namespace weir::project {
namespace {

struct Field {
  std::string name;
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::vector<std::string> words{};  // of least, least + 1 …
};

const std::vector<Field>& Fields() {
  static const std::vector<Field> kFields = {
      {.name = "minute", .least = 0, .most = 59},
      {.name = "hour", .least = 0, .most = 23},
      {.name = "day of month", .least = 1, .most = 31},
      {.name = "month",
       .least = 1,
       .most = 12,
       .words = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov",
                 "dec"}},
      {.name = "day of week",
       .least = 0,
       .most = 7,
       .words = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}};
  return kFields;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char letter : text) {
    if (letter == separator) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

std::optional<std::int64_t> NumberOf(std::string_view written, const Field& field) {
  const std::string text = LowerCase(written);
  const auto word = std::ranges::find(field.words, text);
  if (word != field.words.end()) {
    return field.least + (word - field.words.begin());
  }
  const auto number = ParseInteger(text);
  const bool fits = number && *number >= field.least && *number <= field.most;
  return fits ? number : std::nullopt;
}

// "5", "1-5", "*", each perhaps with "/2".
bool IsPart(const std::string& part, const Field& field) {
  const std::vector<std::string> step = Split(part, '/');
  if (step.size() > 2 || (step.size() == 2 && ParseInteger(step[1]).value_or(0) < 1)) {
    return false;
  }
  if (step[0] == "*") {
    return true;
  }
  const std::vector<std::string> range = Split(step[0], '-');
  const auto from = NumberOf(range[0], field);
  const auto to = range.size() == 2 ? NumberOf(range[1], field) : from;
  return range.size() <= 2 && from && to && *from <= *to;
}

std::vector<std::string> WordsOf(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream stream(line);
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

// What a right part stands for.
std::set<std::int64_t> ValuesOf(const std::string& part, const Field& field) {
  const std::vector<std::string> step = Split(part, '/');
  const bool is_all = step[0] == "*";
  const std::vector<std::string> range = Split(step[0], '-');
  const std::int64_t from = is_all ? field.least : NumberOf(range[0], field).value_or(0);
  std::int64_t to = is_all ? field.most : NumberOf(range.back(), field).value_or(from);
  if (!is_all && range.size() == 1 && step.size() == 2) {
    to = field.most;  // "5/10": from 5 on
  }
  const std::int64_t by = step.size() == 2 ? ParseInteger(step[1]).value_or(1) : 1;
  std::set<std::int64_t> values;
  for (std::int64_t value = from; value <= to; value += by) {
    values.insert(value);
  }
  return values;
}

std::set<std::int64_t> ValuesOfAll(const std::string& word, const Field& field) {
  std::set<std::int64_t> values;
  for (const std::string& part : Split(word, ',')) {
    values.merge(ValuesOf(part, field));
  }
  return values;
}

// Whether the months have none of the days: the 30th of February. A day of the week that is named
// besides fires by itself.
bool NeverFires(const std::vector<std::string>& words) {
  static constexpr std::array<std::int64_t, 12> kLastDays = {31, 29, 31, 30, 31, 30,
                                                             31, 31, 30, 31, 30, 31};
  if (!words[2].starts_with('*') && !words[4].starts_with('*')) {
    return false;
  }
  const std::int64_t first_day = *ValuesOfAll(words[2], Fields()[2]).begin();
  return std::ranges::all_of(ValuesOfAll(words[3], Fields()[3]), [&](std::int64_t month) {
    return kLastDays.at(static_cast<std::size_t>(month - 1)) < first_day;
  });
}

}  // namespace

CronPace PaceOf(const std::string& line) {
  const std::vector<std::string> words = WordsOf(line);
  if (ValuesOfAll(words.at(0), Fields()[0]).size() > 1) {
    return CronPace::kFaster;
  }
  return ValuesOfAll(words.at(1), Fields()[1]).size() > 1 ? CronPace::kOnceAnHour
                                                          : CronPace::kOnceADay;
}

bool FollowsTheHours(const std::string& line) { return WordsOf(line).at(1).starts_with('*'); }

bool HasHour(const ScheduleLine& schedule) {
  return schedule.cadence == Cadence::kHourly ||
         (schedule.cadence == Cadence::kCron && !CronMistake(schedule.cron) &&
          PaceOf(schedule.cron) == CronPace::kOnceAnHour);
}

std::optional<std::string> CronMistake(const std::string& line) {
  const std::vector<std::string> words = WordsOf(line);
  if (words.size() != Fields().size()) {
    return fmt::format(
        "a cron line has five fields (minute, hour, day of month, month, day of "
        "week); here are {}",
        words.size());
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Field& field = Fields()[i];
    for (const std::string& part : Split(words[i], ',')) {
      if (!IsPart(part, field)) {
        return fmt::format("'{}' is no {}: {}..{}, *, ranges, steps and lists are allowed", part,
                           field.name, field.least, field.most);
      }
    }
  }
  if (NeverFires(words)) {
    return fmt::format("'{}' never fires: none of its months has one of its days", line);
  }
  return std::nullopt;
}

}  // namespace weir::project
