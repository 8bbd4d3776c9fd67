#include "enrich/timestamp.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/ascii.h"
#include "base/clock.h"

namespace weir::enrich {
namespace {

constexpr Micros kLastTime = std::numeric_limits<Micros>::max();

// Takes exactly `count` digits off the front of `text`; -1 if they aren't there.
int TakeDigits(std::string_view& text, std::size_t count) {
  if (text.size() < count) {
    return -1;
  }
  int value = 0;
  for (std::size_t index = 0; index < count; ++index) {
    if (!IsDigit(text[index])) {
      return -1;
    }
    value = value * 10 + (text[index] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool Take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

std::int64_t DaysBefore(int year) {
  const std::int64_t last = year - 1;
  return last * 365 + last / 4 - last / 100 + last / 400;
}

// Days since 1970-01-01 of a day of the Gregorian calendar; absent if there is no such day.
std::optional<std::int64_t> DayNumber(int year, int month, int day) {
  constexpr std::array kBefore = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
  if (year < 1 || month < 1 || month > 12 || day < 1) {
    return std::nullopt;
  }
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const auto index = static_cast<std::size_t>(month);
  const int length = kBefore.at(index) - kBefore.at(index - 1) + (is_leap && month == 2 ? 1 : 0);
  if (day > length) {
    return std::nullopt;
  }
  constexpr std::int64_t kDaysBefore1970 = 719'162;
  const int leap_day = is_leap && month > 2 ? 1 : 0;
  return DaysBefore(year) - kDaysBefore1970 + kBefore.at(index - 1) + leap_day + day - 1;
}

// The digits behind a point as microseconds, cut; at least one.
std::optional<Micros> TakeFraction(std::string_view& text) {
  Micros fraction = 0;
  Micros unit = kSecond;
  std::size_t used = 0;
  for (; used < text.size() && IsDigit(text[used]); ++used) {
    unit /= 10;
    fraction += (text[used] - '0') * unit;
  }
  text.remove_prefix(used);
  return used == 0 ? std::nullopt : std::optional(fraction);
}

// "HH:MM", "HH:MM:SS" or "HH:MM:SS.f…" as microseconds of the day.
std::optional<Micros> TakeTimeOfDay(std::string_view& text) {
  const int hour = TakeDigits(text, 2);
  const bool has_minute = Take(text, ':');
  const int minute = TakeDigits(text, 2);
  if (hour < 0 || hour > 23 || !has_minute || minute < 0 || minute > 59) {
    return std::nullopt;
  }
  const Micros time = (hour * 60 + minute) * kMinute;
  if (!Take(text, ':')) {
    return time;
  }
  const int second = TakeDigits(text, 2);
  if (second < 0 || second > 59) {
    return std::nullopt;
  }
  if (!Take(text, '.')) {
    return time + second * kSecond;
  }
  const auto fraction = TakeFraction(text);
  return fraction ? std::optional(time + second * kSecond + *fraction) : std::nullopt;
}

// "+HH:MM" or "+HHMM" as microseconds east of UTC.
std::optional<Micros> TakeOffset(std::string_view& text) {
  const bool is_west = Take(text, '-');
  if (!is_west && !Take(text, '+')) {
    return std::nullopt;
  }
  const int hours = TakeDigits(text, 2);
  Take(text, ':');
  const int minutes = TakeDigits(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  const Micros offset = (hours * 60 + minutes) * kMinute;
  return is_west ? -offset : offset;
}

std::optional<Micros> TakeZone(std::string_view& text) {
  return text.empty() || Take(text, 'Z') ? std::optional<Micros>(0) : TakeOffset(text);
}

std::optional<Micros> ParseIso(std::string_view text) {
  const int year = TakeDigits(text, 4);
  const bool has_month = Take(text, '-');
  const int month = TakeDigits(text, 2);
  const bool has_day = Take(text, '-');
  const auto days = DayNumber(year, month, TakeDigits(text, 2));
  if (!has_month || !has_day || !days) {
    return std::nullopt;
  }
  const Micros midnight = *days * 24 * 60 * kMinute;
  if (text.empty()) {
    return midnight;
  }
  if (!Take(text, 'T') && !Take(text, ' ')) {
    return std::nullopt;
  }
  const auto time = TakeTimeOfDay(text);
  const auto offset = time ? TakeZone(text) : std::nullopt;
  if (!offset || !text.empty()) {
    return std::nullopt;
  }
  return midnight + *time - *offset;
}

// The number in digits [first, first + count) of a text; what isn't a digit is noted.
class DigitReader {
 public:
  explicit DigitReader(std::string_view text) : text_(text) {}

  int Read(std::size_t first, std::size_t count) {
    unsigned value = 0;
    for (std::size_t at = first; at < first + count; ++at) {
      const unsigned digit = static_cast<unsigned char>(text_[at]) - unsigned{'0'};
      has_other_ = has_other_ || digit > 9;
      value = value * 10 + digit;
    }
    return static_cast<int>(value);
  }
  bool has_other() const { return has_other_; }

 private:
  std::string_view text_;
  bool has_other_ = false;
};

// "YYYY-MM-DDTHH:MM:SSZ" or with ".mmm" before the Z, as most have it; absent for whatever is
// written otherwise or no time.
std::optional<Micros> ParseUsualIso(std::string_view text) {
  constexpr std::size_t kWhole = 20;
  constexpr std::size_t kWithMillis = 24;
  const bool has_millis = text.size() == kWithMillis;
  if ((!has_millis && text.size() != kWhole) || text[4] != '-' || text[7] != '-' ||
      text[10] != 'T' || text[13] != ':' || text[16] != ':' || text.back() != 'Z' ||
      (has_millis && text[19] != '.')) {
    return std::nullopt;
  }
  DigitReader digits(text);
  const auto days = DayNumber(digits.Read(0, 4), digits.Read(5, 2), digits.Read(8, 2));
  const int hour = digits.Read(11, 2);
  const int minute = digits.Read(14, 2);
  const int second = digits.Read(17, 2);
  const int millis = has_millis ? digits.Read(20, 3) : 0;
  if (digits.has_other() || !days || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  return *days * 24 * 60 * kMinute + (hour * 60 + minute) * kMinute + second * kSecond +
         millis * (kSecond / 1000);
}

// A number without sign: 0.d₁d₂… · 10^point, its first digit not 0; no digits at all for 0.
struct Decimal {
  std::array<char, 40> digits{};  // what stands behind them is cut by any unit
  std::size_t num_digits = 0;
  std::int64_t point = 0;
};

// Takes digits off the front of `text`, those of the fraction if `is_fraction`. False if none.
bool TakeDecimalDigits(std::string_view& text, Decimal& number, bool is_fraction) {
  std::size_t used = 0;
  for (; used < text.size() && IsDigit(text[used]); ++used) {
    const bool is_leading_zero = number.num_digits == 0 && text[used] == '0';
    if (!is_leading_zero && number.num_digits < number.digits.size()) {
      number.digits.at(number.num_digits++) = text[used];
    }
    if (is_fraction ? is_leading_zero : !is_leading_zero) {
      number.point += is_fraction ? -1 : 1;
    }
  }
  text.remove_prefix(used);
  return used != 0;
}

// "e5", "E+05", "e-3" at the front of `text`; 0 if there is none; absent if it has no digits.
std::optional<std::int64_t> TakeExponentOf(std::string_view& text) {
  if (!Take(text, 'e') && !Take(text, 'E')) {
    return 0;
  }
  const bool is_negative = Take(text, '-');
  if (!is_negative) {
    Take(text, '+');
  }
  constexpr std::int64_t kEnough = 1'000'000'000;  // far more than a line has digits
  std::int64_t exponent = 0;
  std::size_t used = 0;
  for (; used < text.size() && IsDigit(text[used]); ++used) {
    exponent = std::min(exponent * 10 + (text[used] - '0'), kEnough);
  }
  text.remove_prefix(used);
  if (used == 0) {
    return std::nullopt;
  }
  return is_negative ? -exponent : exponent;
}

std::optional<Decimal> ParseDecimal(std::string_view text) {
  Decimal number;
  if (!TakeDecimalDigits(text, number, false)) {
    return std::nullopt;
  }
  if (Take(text, '.') && !TakeDecimalDigits(text, number, true)) {
    return std::nullopt;
  }
  const auto exponent = TakeExponentOf(text);
  if (!exponent || !text.empty()) {
    return std::nullopt;
  }
  number.point += *exponent;
  return number;
}

// How far the point moves to the right to give microseconds, for a number with so many digits
// before the point.
std::int64_t ShiftToMicros(std::int64_t integer_digits) {
  if (integer_digits >= 19) {
    return -3;
  }
  if (integer_digits >= 16) {
    return 0;
  }
  return integer_digits >= 13 ? 3 : 6;
}

Micros MicrosOf(const Decimal& number) {
  const std::int64_t count = number.point + ShiftToMicros(number.point);
  if (number.num_digits == 0 || count <= 0) {
    return 0;
  }
  if (count > 18) {
    return kLastTime;
  }
  Micros micros = 0;
  for (std::size_t index = 0; index < static_cast<std::size_t>(count); ++index) {
    micros = micros * 10 + (index < number.num_digits ? number.digits.at(index) - '0' : 0);
  }
  return micros;
}

int MonthOf(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto* const found = std::ranges::find(kMonths, name);
  return found == kMonths.end() ? -1 : static_cast<int>(found - kMonths.begin()) + 1;
}

}  // namespace

Micros TimestampOf(std::uint64_t number) {
  if (number >= 1'000'000'000'000'000'000) {
    return static_cast<Micros>(number / 1000);
  }
  if (number >= 1'000'000'000'000'000) {
    return static_cast<Micros>(number);
  }
  return static_cast<Micros>(number * (number >= 1'000'000'000'000 ? 1000 : 1'000'000));
}

std::optional<Micros> ParseTimestampNumber(std::string_view text) {
  const auto number = ParseDecimal(text);
  return number ? std::optional(MicrosOf(*number)) : std::nullopt;
}

std::optional<Micros> ParseTimestampText(std::string_view text) {
  const bool is_iso = text.size() > 4 && text[4] == '-' && IsDigit(text[3]);  // else "1.5e-3"
  if (!is_iso) {
    return ParseTimestampNumber(text);
  }
  const auto usual = ParseUsualIso(text);
  return usual ? usual : ParseIso(text);
}

std::optional<Micros> ParseLogTimestamp(std::string_view text) {
  const int day = TakeDigits(text, 2);
  const bool has_month = Take(text, '/');
  const int month = MonthOf(text.substr(0, 3));
  text.remove_prefix(std::min<std::size_t>(text.size(), 3));
  const bool has_year = Take(text, '/');
  const auto days = DayNumber(TakeDigits(text, 4), month, day);
  const bool has_time = Take(text, ':');
  if (!has_month || !has_year || !has_time || !days) {
    return std::nullopt;
  }
  const auto time = TakeTimeOfDay(text);
  const bool has_zone = time && Take(text, ' ');
  const auto offset = has_zone ? TakeOffset(text) : std::nullopt;
  if (!offset || !text.empty()) {
    return std::nullopt;
  }
  return *days * 24 * 60 * kMinute + *time - *offset;
}

}  // namespace weir::enrich
