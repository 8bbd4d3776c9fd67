#include "world/time_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

namespace weir::world {
namespace {

// Writes `number` with leading zeros, `digits` of them in all. Returns where they end.
char* WritePadded(int number, int digits, char* out) {
  for (int place = digits - 1; place >= 0; --place) {
    out[place] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return out + digits;
}

// "1767571200.123": seconds with a fraction.
void AppendSeconds(std::int64_t milliseconds, std::string& out) {
  AppendNumber(static_cast<std::uint64_t>(milliseconds / 1000), out);
  std::array<char, 4> fraction = {'.'};
  WritePadded(static_cast<int>(milliseconds % 1000), 3, fraction.data() + 1);
  out.append(fraction.data(), fraction.size());
}

// "1.767571200123e12": milliseconds.
void AppendExponent(std::int64_t milliseconds, std::string& out) {
  const std::size_t start = out.size();
  AppendNumber(static_cast<std::uint64_t>(milliseconds), out);
  const std::size_t digits = out.size() - start;
  out.insert(start + 1, 1, '.');
  out += 'e';
  AppendNumber(digits - 1, out);
}

void AppendQuotedIso(std::int64_t milliseconds, IsoStyle style, std::string& out) {
  out += '"';
  AppendIsoTime(milliseconds, style, out);
  out += '"';
}

}  // namespace

void AppendNumber(std::uint64_t number, std::string& out) {
  std::array<char, 20> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

void AppendIsoTime(std::int64_t milliseconds, IsoStyle style, std::string& out) {
  const auto day = static_cast<int>(milliseconds / kMillisOfDay);
  const auto of_day = static_cast<int>(milliseconds % kMillisOfDay);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  std::array<char, 23> text{};
  char* end = WritePadded(static_cast<int>(date.year()), 4, text.data());
  *end++ = '-';
  end = WritePadded(static_cast<int>(static_cast<unsigned>(date.month())), 2, end);
  *end++ = '-';
  end = WritePadded(static_cast<int>(static_cast<unsigned>(date.day())), 2, end);
  *end++ = style.separator;
  end = WritePadded(of_day / 3'600'000, 2, end);
  *end++ = ':';
  end = WritePadded(of_day / 60'000 % 60, 2, end);
  *end++ = ':';
  end = WritePadded(of_day / 1000 % 60, 2, end);
  *end++ = '.';
  WritePadded(of_day % 1000, 3, end);
  out.append(text.data(), text.size());
  out += style.zone;
}

void AppendTime(std::int64_t milliseconds, std::uint32_t draw, std::string& out) {
  constexpr std::int64_t kMillisOfHour = 3'600'000;
  const auto number = static_cast<std::uint64_t>(milliseconds);
  switch (draw) {
    case 0:
      return AppendSeconds(milliseconds, out);
    case 1:
      return AppendNumber(number * 1000, out);
    case 2:
      return AppendNumber(number * 1'000'000, out);
    case 3:
      out += '"';
      AppendNumber(number, out);
      out += '"';
      return;
    case 4:
      return AppendExponent(milliseconds, out);
    case 5:
      return AppendQuotedIso(milliseconds + 2 * kMillisOfHour, {.zone = "+02:00"}, out);
    case 6:
      return AppendQuotedIso(milliseconds - 5 * kMillisOfHour, {.zone = "-0500"}, out);
    case 7:
      return AppendQuotedIso(milliseconds, {.separator = ' ', .zone = ""}, out);
    case 8:
    case 9:
    case 10:
    case 11:
      return AppendNumber(number, out);
    default:
      return AppendQuotedIso(milliseconds, {}, out);
  }
}

}  // namespace weir::world
